// One misbehaviour of the venue: what it is about, how often, and what happens. Rules come from the configuration and over the control
// port in the same form; docs are in README.md.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/result.hpp>

#include "exchange/face/web.hpp"
#include "exchange/server/field_change.hpp"

namespace bowline::exchange {

/// What a rule is about: a connection that was accepted, a request, or a frame that is about to be sent.
enum class Stage : std::uint8_t { connection, request, frame };

enum class Act : std::uint8_t {
  // connection
  refuse,      ///< closed at once
  hold,        ///< never answered, not even its handshake; stays open
  slow_read,   ///< `bytes` a second are taken from it
  slow_write,  ///< `bytes` a second are sent to it
  // request
  drop_before,   ///< closed, and nothing was done
  drop_after,    ///< done, and closed without an answer
  stall,         ///< done unless `done` is false, and never answered; the connection stays open
  wait,          ///< `by` before it is done (`done` false), or before it is answered
  answer,        ///< answered with `status`, `headers` and `body`; done only if `done`
  unauthorized,  ///< 401, with the text that Coinbase sends
  rate_limited,  ///< 429, with headers unless `headers` is false
  server_error,  ///< `status`, 503 when not given, with a body that is no JSON
  reject,        ///< a new order: 200 with success false and the reason `reason`; not done unless `done`
  fields,        ///< the answer, or the frame, with `changes` made
  truncate,      ///< the answer's first `bytes` of body, and then the connection is closed
  // frame
  lose,        ///< not sent, and its sequence number is missed
  hide,        ///< not sent, and the sequence goes on as if it had never been
  delay,       ///< sent `by` later; what follows does not wait for it
  duplicate,   ///< sent twice, with the same sequence number, or with its own if `renumber`
  reorder,     ///< sent behind the next frame of its stream
  skip,        ///< `count` sequence numbers are left out before it
  cut,         ///< the first `bytes` of its text
  huge,        ///< a text of `bytes` bytes is sent in its place
  torn,        ///< a frame that is said to be longer than it is, and then the connection is cut
  mute,        ///< this and all that follows is not sent; the connection stays open and pings are answered
  disconnect,  ///< cut off before it is sent, without a close
};
std::string_view name(Act act) noexcept;

struct Rule {
  std::uint64_t id = 0;  ///< the venue's number for it
  Stage stage = Stage::request;
  Act act = Act::answer;
  // What it is about; what is empty takes everything.
  std::string method, route;    ///< of requests; in the route a star stands for any text: /api/v3/brokerage/orders*
  std::string product;          ///< in the path, the query or the body; of a frame in its text
  std::string channel;          ///< of frames: "user"; "l2_data" for level2
  bool fills = false;           ///< frames that tell of a fill alone
  std::uint64_t nth = 1;        ///< from which match on it acts, counted from 1
  std::uint64_t times = 1;      ///< how often at most; 0 = always
  std::int64_t chance_ppm = 1'000'000;  ///< in a million, each time
  std::uint64_t seed = 1;       ///< of the dice for that
  // What happens.
  std::int64_t by_ns = 0;
  bool done = false, headers_sent = true, renumber = false;
  int status = 0;
  WebHeaders headers;
  std::string body, reason;
  std::uint64_t bytes = 0, count = 0;
  std::vector<FieldChange> changes;

  std::uint64_t matched = 0, acted = 0;  ///< so far
};

/// From JSON; RULE_INVALID with what is wrong: an unknown key or word, a value out of range, a key that the act does not know.
Result<Rule> read_rule(const nlohmann::ordered_json& from);
/// In the same form, with id, matched and acted.
nlohmann::ordered_json to_json(const Rule& rule);

/// Whether a text is of the form; `*` stands for any text, an empty one included. An empty form takes all.
bool fits(std::string_view form, std::string_view text) noexcept;

}  // namespace bowline::exchange
