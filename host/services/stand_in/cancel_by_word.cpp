#include "services/stand_in/cancel_by_word.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace bowline::services {
namespace {

constexpr std::uint32_t ask_open = 2;
constexpr std::uint16_t flag_snapshot = 2;
constexpr core::Nanos second = 1'000'000'000;
/// A question without an answer is asked again.
constexpr core::Nanos patience = 10 * second;
constexpr std::size_t most_at_once = 100;

template <std::size_t N>
std::string_view text(const char (&field)[N]) noexcept {
  return {field, ::strnlen(field, N)};
}
bool works(const bl_exec& e) noexcept { return e.state == BL_S_PENDING || e.state == BL_S_OPEN; }

}  // namespace

bool entry_of_ours(const bl_exec& told) noexcept {
  const std::string_view id = text(told.client_id);
  // core::client_order_id: a mark, and the 32 digits of a hash.
  constexpr std::string_view mark = "bl-";
  if (!works(told) || told.side != BL_BUY || id.size() != mark.size() + 32 || !id.starts_with(mark)) return false;
  return id.substr(mark.size()).find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void CancelByWord::look(core::Nanos now) {
  if (over()) return;
  if (due_) {
    due_ = false;
    cancel(now);
  }
  if (out_ && now - asked_ < patience) return;
  if (!out_ && now < next_) return;
  bl_query q{};
  q.size = sizeof q;
  q.scope = ask_open;
  q.request = ++request_;
  told_.clear();
  others_ = 0;
  out_ = true;  // it may be answered at once
  asked_ = now;
  if (const auto sent = broker_.query(q); !sent) {
    out_ = false;
    trouble_ = sent.error();
    next_ = now + second;
  }
}

void CancelByWord::hear(const bl_event& event) {
  if (!out_) return;
  if (event.type == BL_EV_EXEC && (event.flags & flag_snapshot) != 0) {
    const auto& e = reinterpret_cast<const bl_exec&>(event);
    if (entry_of_ours(e)) told_.push_back({std::string(text(e.client_id)), std::string(text(e.venue_id))});
    else if (works(e)) ++others_;
  }
  if (event.type != BL_EV_DONE) return;
  const auto& done = reinterpret_cast<const bl_done&>(event);
  if (done.request != request_) return;
  out_ = false;
  next_ = asked_ + second;
  if (done.status < 0 || done.complete == 0) {
    trouble_ = Error{"RECONCILE_INCOMPLETE", "the venue did not list all of its orders"};
    clean_ = 0;
    return;
  }
  answered_ = true;
  working_ = told_.size();
  left_alone_ = others_;
  clean_ = told_.empty() ? clean_ + 1 : 0;
  due_ = !told_.empty();
}

void CancelByWord::cancel(core::Nanos) {
  for (std::size_t from = 0; from < told_.size(); from += most_at_once) {
    std::vector<bl_order_ref> refs;
    for (std::size_t i = from; i < std::min(told_.size(), from + most_at_once); ++i)
      refs.push_back({{told_[i].client.data(), told_[i].client.size()}, {told_[i].venue.data(), told_[i].venue.size()}});
    if (const auto sent = broker_.cancel(refs); !sent) {
      trouble_ = sent.error();
      return;
    }
    for (std::size_t i = from; i < std::min(told_.size(), from + most_at_once); ++i) cancelled_.insert(told_[i].client);
  }
}

}  // namespace bowline::services
