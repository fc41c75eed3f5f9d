#include "broker.hpp"

#include <algorithm>
#include <utility>

namespace bowline::broker_coinbase {

Broker::Broker(const Host& host, const Options& options, coinbase::Credentials credentials)
    : kit_(host, options, std::move(credentials)),
      look_(kit_),
      products_(kit_),
      start_(kit_, look_, products_),
      stream_(kit_, look_, start_),
      cancel_(kit_, look_),
      submit_(kit_, look_),
      amend_(kit_, look_),
      query_(kit_, look_, products_) {
  kit_.session.on_link = [this](bool up, bl_status status, std::string_view why) { kit_.say.link(up, status, why); };
}

Result<void> Broker::begin() {
  const auto has = [this](std::string_view id) { return kit_.host.service<void>(id) != nullptr; };
  for (const std::string_view id : {std::string_view(BL_SVC_HTTP), std::string_view(BL_SVC_TIMER), std::string_view(BL_SVC_PUBLISH)})
    if (!has(id)) return Error{"SERVICE_MISSING", "the host offers no " + std::string(id) + ": this broker needs it"};
  if (kit_.options.stream && !has(BL_SVC_WS)) return Error{"SERVICE_MISSING", "the host offers no " BL_SVC_WS ": set stream: false"};
  start_.begin();
  stream_.begin();
  return {};
}

void Broker::end() {
  stream_.end();
  kit_.later.clear();
}

std::optional<Taken> Broker::key_refused() const {
  if (start_.key() != KeyState::refused) return std::nullopt;
  return Taken{BL_E_AUTH, {"KEY_REFUSED", start_.why()}};
}

Taken Broker::submit(const bl_intent& intent) {
  if (const auto no = key_refused()) return *no;
  // What reduces may go before the key was judged: the venue does that too. What increases waits for it.
  if (start_.key() == KeyState::asked && (intent.flags & BL_REDUCE_ONLY) == 0)
    return {BL_E_AGAIN, {"KEY_NOT_JUDGED", "what the key may do is not known yet: nothing was sent"}};
  const Taken taken = submit_.submit(intent);
  if (taken.status >= 0)
    if (const Known* k = kit_.orders.by_client(client_id_of(intent))) stream_.own(k->client_id, k->sent);
  return taken;
}

Taken Broker::cancel(std::span<const bl_order_ref> refs) {
  if (const auto no = key_refused()) return *no;
  if (const auto done = cancel_.cancel(refs); !done) return {BL_E_INVALID, done.error()};
  return {};
}

Taken Broker::amend(const bl_order_ref& ref, const bl_intent& wanted) {
  if (const auto no = key_refused()) return *no;
  if (start_.key() == KeyState::asked) return {BL_E_AGAIN, {"KEY_NOT_JUDGED", "what the key may do is not known yet: nothing was sent"}};
  return amend_.amend(ref, wanted);
}

Taken Broker::query(const bl_query& q) {
  if (const auto no = key_refused()) return *no;
  query_.query(q);
  return {};
}

bl_standing Broker::standing() const noexcept {
  bl_standing out{};
  out.size = sizeof out;
  if (const auto& may = start_.may()) {
    out.told |= BL_TOLD_KEY;
    if (may->view) out.may |= BL_MAY_VIEW;
    if (may->trade) out.may |= BL_MAY_TRADE;
    if (may->transfer) out.may |= BL_MAY_TRANSFER;
    if (const std::string& id = may->portfolio_uuid; !id.empty() && id.size() < sizeof out.portfolio) {
      out.told |= BL_TOLD_PORTFOLIO;
      std::copy_n(id.data(), id.size(), out.portfolio);
    }
  }
  if (kit_.session.clock_told()) {
    out.told |= BL_TOLD_CLOCK;
    out.skew_ns = kit_.session.skew_ns();
  }
  return out;
}

void Broker::on_event(const bl_event& e, const bl_sink& sink) {
  struct Into {
    Say& say;
    ~Into() { say.into(nullptr); }
  } into{kit_.say};
  kit_.say.into(&sink);
  kit_.orders.forget_old();
  if (const auto reply = HttpReply::of(e)) {
    kit_.session.on_reply(*reply);
  } else if (const auto frame = WsFrame::of(e)) {
    stream_.on_frame(*frame);
  } else if (e.type == BL_EV_TIMER && e.size >= sizeof(bl_timer) && reinterpret_cast<const bl_timer&>(e).timer == Later::timer_id) {
    kit_.later.run();
  }
}

}  // namespace bowline::broker_coinbase
