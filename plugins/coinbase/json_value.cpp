#include "coinbase/json_value.hpp"

#include <string>
#include <utility>
#include <vector>

namespace bowline::coinbase {
namespace {

constexpr std::size_t deepest = 64;

/// Builds the value as the parser walks over the text. A false ends the walk.
class Builder final : public nlohmann::json_sax<Json> {
  Json root_;
  std::vector<Json*> open_;        // a container does not move while one inside it is open
  std::vector<std::string> keys_;  // of each open one; unused for arrays

  bool put(Json v, bool opens = false) {
    Json* at = nullptr;
    if (open_.empty()) {
      root_ = std::move(v);
      at = &root_;
    } else if (open_.back()->is_array()) {
      open_.back()->push_back(std::move(v));
      at = &open_.back()->back();
    } else {
      const auto [where, added] = open_.back()->get_ref<Json::object_t&>().emplace(keys_.back(), std::move(v));
      if (!added) return false;
      at = &where->second;
    }
    if (!opens) return true;
    if (open_.size() == deepest) return false;
    open_.push_back(at);
    keys_.emplace_back();
    return true;
  }
  bool close() {
    open_.pop_back();
    keys_.pop_back();
    return true;
  }

 public:
  bool null() override { return put(nullptr); }
  bool boolean(bool v) override { return put(v); }
  bool number_integer(number_integer_t v) override { return put(std::to_string(v)); }
  bool number_unsigned(number_unsigned_t v) override { return put(std::to_string(v)); }
  bool number_float(number_float_t, const string_t& digits) override { return put(digits); }
  bool string(string_t& v) override { return put(std::move(v)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return put(Json::object(), true); }
  bool key(string_t& v) override {
    keys_.back() = std::move(v);
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return put(Json::array(), true); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

  Json take() { return std::move(root_); }
};

}  // namespace

std::optional<Json> read_json(std::string_view text) {
  Builder b;
  if (!Json::sax_parse(text.begin(), text.end(), &b)) return std::nullopt;
  return b.take();
}

}  // namespace bowline::coinbase
