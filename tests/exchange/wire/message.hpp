// A body as a gateway of protobuf-JSON reads it: each field under its snake_case name or its lowerCamelCase one, and types taken strictly.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>

namespace bowline::exchange::wire {

/// What the gateway says with 400: the code, and the text that goes into error_details and message.
inline constexpr const char* invalid_argument = "INVALID_ARGUMENT";

/// What becomes of a field that no message has. Which of them Coinbase does is not known.
enum class UnknownFields : std::uint8_t { pass_over, refuse };

struct WireOptions {
  UnknownFields unknown = UnknownFields::pass_over;
};

/// The body's object. An empty body is an empty object: some clients send none. Errors: INVALID_ARGUMENT.
Result<nlohmann::json> read_body(std::string_view body);

/// One object, field by field; the first fault is kept. It borrows the value, and the names that it is asked for: they are literals.
class Message {
 public:
  Message(const nlohmann::json& object, std::string_view where);

  /// nullptr: not there, or null.
  const nlohmann::json* find(const char* snake);
  /// "" when it is not there. A number is a fault, as the gateway has it for text fields.
  std::string text(const char* snake);
  /// A decimal in a text; none: not there, or "".
  std::optional<Decimal> decimal(const char* snake);
  bool flag(const char* snake);
  /// Keeps a fault when a field is left that was never asked for.
  void end(const WireOptions& options);

  void refuse(const std::string& why);
  const std::optional<Error>& fault() const noexcept { return fault_; }
  void keep(const std::optional<Error>& fault) {
    if (!fault_) fault_ = fault;
  }

 private:
  const nlohmann::json* object_;
  std::vector<const char*> known_;
  std::optional<Error> fault_;
};

/// "limit_price" -> "limitPrice"
std::string camel(std::string_view snake);

}  // namespace bowline::exchange::wire
