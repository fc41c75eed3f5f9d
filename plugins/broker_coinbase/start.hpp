// What is found out before the first order: the venue's clock, what the key may do, the products; and what goes on by the clock.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "coinbase/account_answers.hpp"
#include "kit.hpp"
#include "look.hpp"
#include "products.hpp"

namespace bowline::broker_coinbase {

/// What is known of the key.
enum class KeyState : std::uint8_t {
  asked,    ///< not answered yet: nothing but what reduces and what only asks
  good,
  refused,  ///< it may not trade, or may do too much, or is bound to another portfolio: nothing is sent
};

class Start {
 public:
  Start(Kit& kit, Look& look, Products& products) noexcept : kit_(kit), look_(look), products_(products) {}

  /// [control]
  void begin();
  KeyState key() const noexcept { return key_; }
  /// Why the key was refused; "" when it was not.
  const std::string& why() const noexcept { return why_; }
  /// What the venue says that it may; none: not told yet.
  const std::optional<coinbase::KeyPermissions>& may() const noexcept { return may_; }
  /// Whether the stream is there to hint at what happens: it is swept for more seldom then.
  void stream_is_sound(bool sound) noexcept { kit_.stream_sound = sound; }
  /// Everything is looked at that may have changed unseen.
  void sweep_now();
  /// The same a while later, of what was not read since this moment.
  void sweep_since_now(std::int64_t wait_ns);

 private:
  void ask_time(bool first);
  void ask_key();
  void judge(const Answer& a);
  void refuse(const char* code, std::string why);
  void read_products(std::uint32_t tries);
  void sweep_later();
  void sweep(std::int64_t seen_ns, std::function<void()> done);

  Kit& kit_;
  Look& look_;
  Products& products_;
  KeyState key_ = KeyState::asked;
  std::optional<coinbase::KeyPermissions> may_;
  std::string why_;
  bool sweeping_ = false;
  std::int64_t swept_from_ns_ = 0;  ///< by the venue's clock: from when on the next one lists fills
  std::uint32_t key_tries_ = 0;
};

}  // namespace bowline::broker_coinbase
