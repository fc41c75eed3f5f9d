#include "services/runtime/market_stream.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace bowline::services {

MarketStream::MarketStream(const wire::Hello& hello, const core::InstrumentTable& table, std::vector<std::string> followers)
    : hello_(wire::hello_message(hello)), table_(table), followers_(followers.size()) {
  for (std::string& role : followers) by_role_.emplace(std::move(role), Follower{});
}

void MarketStream::event(const MarketEvent& event) {
  if (followers_ == 0 && stream_.skip_unheard()) return;
  stream_.publish(wire::market_message(stream_.next_id(), event, table_));
}

void MarketStream::close(core::Nanos time, bool acted, std::span<const core::Prediction> predictions) {
  if (followers_ == 0 && stream_.skip_unheard()) return;
  stream_.publish(wire::close_message(stream_.next_id(), time, acted, predictions, table_));
}

void MarketStream::end(RunEnd end, core::Nanos time) {
  {
    const std::scoped_lock hold(lock_);
    ended_ = true;
    for (auto& [role, f] : by_role_)
      if (f.session == nullptr) f.left = true;  // not there now: nobody to wait for
    count();
  }
  stream_.publish(wire::end_message(stream_.next_id(), time, end));
}

std::vector<std::pair<std::string, bool>> MarketStream::followers() const {
  const std::scoped_lock hold(lock_);
  std::vector<std::pair<std::string, bool>> all;
  for (const auto& [role, f] : by_role_) all.emplace_back(role, f.session != nullptr);
  return all;
}

// With lock_ held.
std::optional<Error> MarketStream::refusal(const std::string& role) const {
  const auto it = by_role_.find(role);
  if (it == by_role_.end())
    return Error{"FOLLOWER_UNKNOWN", "the run of this process has no follower of that name: leave `as` out to look on"};
  if (it->second.session != nullptr)
    return Error{"FOLLOWER_TAKEN", "a service of that name follows this run already: end that one first, or leave `as` out to look on"};
  return std::nullopt;
}

std::optional<Error> MarketStream::refuses(const std::string& role) const {
  const std::scoped_lock hold(lock_);
  return refusal(role);
}

void MarketStream::join(const std::shared_ptr<edge::WsSession>& session, const std::string& role,
                        std::optional<std::uint64_t> from) {
  if (!role.empty()) {
    const void* key = session.get();
    {
      const std::scoped_lock hold(lock_);
      // Two may have been let in before one of them has joined.
      if (const auto why = refusal(role)) return session->close(ws_role_taken, why->code + ": " + why->message);
      Follower& f = by_role_.at(role);
      f.joined = true;
      f.session = key;
      count();
    }
    session->on_message([this, role, key](std::string_view text) { heard(role, key, text); });
    session->on_close([this, role, key](std::uint16_t) { closed(role, key); });
  }
  session->send(std::make_shared<const std::string>(hello_));
  stream_.add(session, from);
  if (on_change) on_change();
}

// With lock_ held.
void MarketStream::count() {
  core::Nanos least = INT64_MAX;
  std::size_t joined = 0, left = 0;
  for (const auto& [role, f] : by_role_) {
    least = std::min(least, f.settled);
    joined += f.joined ? 1 : 0;
    left += f.left ? 1 : 0;
  }
  // A follower that has not settled anything yet has settled what was before the first step.
  least_.store(std::max<core::Nanos>(least, 0), std::memory_order_release);
  joined_.store(joined, std::memory_order_release);
  left_.store(left, std::memory_order_release);
}

void MarketStream::heard(const std::string& role, const void* session, std::string_view text) {
  const auto m = nlohmann::json::parse(text, nullptr, false);
  if (!m.is_object()) return;  // what is not understood is not acted on; the barrier stays
  const auto said = m.find("type");
  if (said == m.end() || !said->is_string()) return;
  const std::string& type = said->get_ref<const std::string&>();
  {
    const std::scoped_lock hold(lock_);
    Follower& f = by_role_.at(role);
    if (f.session != session) return;  // it holds the role no longer
    if (type == "settled" && m.contains("time_ns") && m["time_ns"].is_number_integer())
      f.settled = std::max(f.settled, m["time_ns"].get<core::Nanos>());
    if (type == "ended") f.left = true;
    count();
  }
  if (type == "stop" && on_stop) on_stop();
  if (on_change) on_change();
}

void MarketStream::closed(const std::string& role, const void* session) {
  {
    const std::scoped_lock hold(lock_);
    Follower& f = by_role_.at(role);
    if (f.session != session) return;
    f.session = nullptr;
    if (ended_) f.left = true;
    count();
  }
  if (on_change) on_change();
}

}  // namespace bowline::services
