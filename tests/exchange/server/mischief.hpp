// The rules of misbehaviour that stand, and what they say about a connection, a request or a frame. Pure: the chances follow from the
// rules' seeds and from what was matched before.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "exchange/server/rule.hpp"

namespace bowline::exchange {

struct ConnectionPlan {
  bool refuse = false, hold = false;
  std::uint64_t read_rate = 0, write_rate = 0;  ///< bytes a second; 0 = as fast as it goes
};

/// What becomes of a request. Rules add up in the order in which they were given; of two answers the first counts.
struct RequestPlan {
  std::int64_t wait_before_ns = 0, wait_after_ns = 0;
  bool done = true;                 ///< whether the venue does what is asked
  std::optional<WebReply> instead;  ///< sent in place of the venue's answer
  bool drop = false;                ///< closed without an answer
  bool stall = false;               ///< no answer, and not closed
  std::vector<FieldChange> changes;
  std::optional<std::uint64_t> truncate;  ///< bytes of the body that are sent before it is closed
};

/// What is asked for, as rules look at it.
struct Asked {
  std::string_view method, path, query, body;
};

class Mischief {
 public:
  /// Takes a rule in, and gives it its number: 1, 2, 3 ...
  std::uint64_t add(Rule rule);
  /// False: there is none of this number.
  bool remove(std::uint64_t id);
  void clear() { rules_.clear(); }
  std::span<const Rule> rules() const noexcept { return rules_; }

  // Each of these is one match for the rules that it is about, and counts as such.
  ConnectionPlan connection();
  RequestPlan request(const Asked& asked);
  /// The rules that act on this frame, in their order. Valid until rules are added or removed.
  std::vector<const Rule*> frame(std::string_view text);
  /// Whether frames have to be shown at all.
  bool about_frames() const noexcept;

 private:
  bool acts(Rule& rule) const;
  std::vector<Rule> rules_;
  std::uint64_t last_ = 0;
};

}  // namespace bowline::exchange
