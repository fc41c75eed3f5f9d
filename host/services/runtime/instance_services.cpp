#include "services/runtime/instance_services.hpp"

#include <algorithm>
#include <cstring>

#include "observe/log.hpp"

namespace bowline::services {
namespace {
namespace out = observe::log;
constexpr std::uint32_t most_lines = 10'000;  // of one instance in one run: a plugin cannot fill the disk
}  // namespace

bool InstanceServices::offers(loader::Service service) const noexcept {
  using S = loader::Service;
  switch (service) {
    case S::Publish: return inbox != nullptr;
    case S::Timer:
    case S::Instruments: return true;
    case S::Features: return static_cast<bool>(facts_.select);
    case S::Secret: return static_cast<bool>(facts_.secret);
    case S::Http:
    case S::Ws: return networks();
    default: return false;
  }
}

bool InstanceServices::networks() const noexcept {
  if (networked == 0 || !facts_.network) return false;
  try {
    const std::scoped_lock hold(net_lock_);
    if (net_) return true;
    net_ = facts_.network(networked);
    if (net_ && rates_) net_->budget(*rates_);
    if (net_ && bell_) net_->on_arrival(bell_);
    return net_ != nullptr;
  } catch (...) {  // no memory, or no thread: as if the host did not have it
    return false;
  }
}

void InstanceServices::budget(loader::VenueRates rates) {
  const std::scoped_lock hold(net_lock_);
  rates_ = std::move(rates);
  if (net_) net_->budget(*rates_);
}

void InstanceServices::listen(std::function<void()> bell) {
  const std::scoped_lock hold(net_lock_);
  bell_ = std::move(bell);
  if (net_) net_->on_arrival(bell_);
}

namespace {
/// The tables are given out by networks() alone, so `net` is there.
template <class F>
bl_status on(NetPort* net, F&& f) noexcept {
  try {
    return net != nullptr ? f(*net) : BL_E_UNSUPPORTED;
  } catch (...) {
    return BL_E_INTERNAL;
  }
}
}  // namespace

bl_status InstanceServices::http_send(const bl_http_request& request, Error& why) noexcept {
  return on(net_.get(), [&](NetPort& n) { return n.http_send(request, why); });
}
bl_status InstanceServices::http_cancel(std::uint64_t request) noexcept {
  return on(net_.get(), [&](NetPort& n) { return n.http_cancel(request); });
}
bl_status InstanceServices::ws_open(std::uint64_t conn, std::string_view url, std::string_view headers, std::uint64_t max_frame, Error& why) noexcept {
  return on(net_.get(), [&](NetPort& n) { return n.ws_open(conn, url, headers, max_frame, why); });
}
bl_status InstanceServices::ws_send(std::uint64_t conn, std::string_view text) noexcept {
  return on(net_.get(), [&](NetPort& n) { return n.ws_send(conn, text); });
}
bl_status InstanceServices::ws_close(std::uint64_t conn) noexcept {
  return on(net_.get(), [&](NetPort& n) { return n.ws_close(conn); });
}

std::int64_t InstanceServices::now_ns() noexcept {
  return paced_ ? facts_.wall_ns() : facts_.engine_ns.load(std::memory_order_relaxed);
}

void InstanceServices::wake() noexcept {
  if (on_wake) on_wake();
}

void InstanceServices::log(std::uint32_t level, std::string_view text) noexcept {
  const std::uint32_t n = logged_.fetch_add(1, std::memory_order_relaxed);
  if (n > most_lines) return;
  const out::Scope scope({.service = works_for});
  try {
    if (n == most_lines) return out::warning(id_, "this instance has logged {} lines: the rest is dropped", n);
    if (level <= 1) return out::debug(id_, "{}", text);
    if (level == 2) return out::info(id_, "{}", text);
    if (level == 3) return out::warning(id_, "{}", text);
    if (level == 4) return out::error(id_, "{}", text);
    out::critical(id_, "{}", text);
  } catch (...) {  // a line that cannot be written is lost; the plugin's call goes on
  }
}

void InstanceServices::failed(const Error& why) noexcept {
  try {
    const std::scoped_lock hold(failure_lock_);
    failure_ = why;
  } catch (...) {  // that it failed counts, also without its words
  }
  failed_.store(true, std::memory_order_release);
  facts_.some_failed.store(true, std::memory_order_release);
  const out::Scope scope({.service = works_for});
  try {
    out::error(id_, "instance failed: {}: {}", why.code, why.message);
  } catch (...) {
  }
}

bl_status InstanceServices::publish(const bl_event& event) noexcept {
  try {
    if (inbox == nullptr) return BL_E_INVALID;
    if (inbox->full()) return BL_E_AGAIN;
    if (!inbox->put(event)) return BL_E_INVALID;
    if (on_publish) on_publish();
    return BL_OK;
  } catch (...) {
    return BL_E_INTERNAL;
  }
}

bl_status InstanceServices::timer_arm(std::uint64_t id, std::int64_t due_ns, std::int64_t period_ns) noexcept {
  if (period_ns < 0) return BL_E_INVALID;
  try {
    if (timers_.size() >= 1024 && timers_.find(id) == timers_.end()) return BL_E_AGAIN;
    if (timers_.insert_or_assign(id, Timer{due_ns, period_ns}).second && !paced_) facts_.timers.fetch_add(1, std::memory_order_relaxed);
    return BL_OK;
  } catch (...) {
    return BL_E_INTERNAL;
  }
}

bl_status InstanceServices::timer_disarm(std::uint64_t id) noexcept {
  if (timers_.erase(id) == 0) return BL_E_NOT_FOUND;
  if (!paced_) facts_.timers.fetch_sub(1, std::memory_order_relaxed);
  return BL_OK;
}

void InstanceServices::fired(std::uint64_t id, std::int64_t now) noexcept {
  const auto it = timers_.find(id);
  if (it == timers_.end()) return;
  Timer& t = it->second;
  if (t.period > 0)
    t.due += t.period * (1 + (now - t.due) / t.period);
  else
    static_cast<void>(timer_disarm(id));
}

bl_status InstanceServices::secret_get(std::string_view ref, std::span<char> buffer, std::uint64_t& length) noexcept {
  try {
    auto found = facts_.secret(ref);
    if (!found) return BL_E_NOT_FOUND;
    length = found->size();
    std::copy_n(found->data(), std::min(buffer.size(), found->size()), buffer.data());  // the buffer may be null
    const bool fits = found->size() <= buffer.size();
    explicit_bzero(found->data(), found->size());
    return fits ? BL_OK : BL_E_OVERFLOW;
  } catch (...) {
    return BL_E_INTERNAL;
  }
}

bl_status InstanceServices::select_features(std::span<const std::string_view> names, Error& why) noexcept {
  try {
    auto frames = facts_.select(names);
    if (!frames) {
      why = frames.error();
      return BL_E_NOT_FOUND;
    }
    frames_ = std::move(*frames);
    return BL_OK;
  } catch (...) {
    return BL_E_INTERNAL;
  }
}

bl_status InstanceServices::find_instrument(std::string_view symbol, std::uint32_t& instrument) noexcept {
  instrument = (by_data ? facts_.data.find(*facts_.instruments, symbol) : facts_.instruments->find(symbol)).value;
  return instrument != 0 ? BL_OK : BL_E_NOT_FOUND;
}

bl_status InstanceServices::product(std::uint32_t instrument, bl_product& to) noexcept {
  if (instrument == 0 || instrument > facts_.instruments->size()) return BL_E_NOT_FOUND;
  const core::Instrument& i = (*facts_.instruments)[core::InstrumentId{instrument}];
  bl_product p{};
  p.h.size = sizeof p;
  p.h.type = BL_EV_PRODUCT;
  p.h.instrument = instrument;
  const std::string_view symbol = by_data ? facts_.data.of(i) : std::string_view(i.symbol);
  p.symbol = {symbol.data(), symbol.size()};
  p.base = i.base.value;
  p.quote = i.quote.value;
  p.base_step = i.rules.base_step.raw();
  p.quote_step = i.rules.quote_step.raw();
  p.px_step = i.rules.px_step.raw();
  p.base_min = i.rules.base_min.raw();
  p.quote_min = i.rules.quote_min.raw();
  p.base_max = p.quote_max = Decimal::not_set().raw();
  p.maker_fee = i.rules.maker_fee.raw();
  p.taker_fee = i.rules.taker_fee.raw();
  p.flags = 1;  // tradable
  const std::uint32_t size = std::min<std::uint32_t>(to.h.size, sizeof p);
  p.h.size = size;
  std::memcpy(&to, &p, size);
  return BL_OK;
}

bl_status InstanceServices::asset(std::string_view code, std::uint32_t& to) noexcept {
  to = facts_.instruments->find_asset(code).value;
  return to != 0 ? BL_OK : BL_E_NOT_FOUND;
}

}  // namespace bowline::services
