#include "bench/coinbase/broker_lane.hpp"

#include <cstring>

#include "loader/extensions.hpp"
#include "services/runtime/plugin_network.hpp"

namespace bench {
namespace {

std::int64_t wall_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}
template <std::size_t N>
std::string_view text_of(const char (&s)[N]) {
  return {s, ::strnlen(s, N)};
}

core::InstrumentTable btc() {
  core::InstrumentTable table;
  table.asset("USD");
  core::ProductRules rules;
  rules.base_step = "0.00000001"_dec;
  rules.quote_step = rules.px_step = "0.01"_dec;
  rules.base_min = "0.00000001"_dec;
  rules.quote_min = "1"_dec;
  take(table.add("BTC-USD", rules));
  return table;
}

}  // namespace

/// The run's loop without data: it serves what is posted and sleeps between.
class BrokerLane::Loop final : public services::CoreLoop {
 public:
  explicit Loop(BrokerLane& lane) : lane_(lane) {}
  services::RunEnd run() override { return services::RunEnd::stopped; }
  void pump() override { lane_.pump(); }
  void pass_time(core::Nanos) override {}
  void turn() {
    if (run_posted()) pump();
    else wait();
  }

 private:
  BrokerLane& lane_;
};

BrokerLane::BrokerLane(const std::filesystem::path& plugins, const std::filesystem::path& var, Venue venue) : table_(btc()) {
  facts_.instruments = &table_;
  facts_.wall_ns = wall_ns;
  facts_.engine_ns = wall_ns();
  facts_.secret = [key = venue.key](std::string_view) -> Result<std::string> { return key; };
  config::RunConfig::Plugins::Network network;
  network.ca_file = venue.ca_file;
  facts_.network = services::network_maker(network, wall_ns);
  services_.inbox = &inbox_;
  services_.networked = 1;
  // Nothing is asked by the clock while it is measured: each request would be in some order's way, as it is in a run.
  const nlohmann::json params = {{"key_name", "organizations/bench/apiKeys/bench"}, {"private_key", "secret://coinbase/key"},
                                 {"api_url", venue.url}, {"stream", false}, {"rate", venue.rate}, {"per_hour", 0},
                                 {"sweep_alone", 3600 * second}, {"backoff_first", 60 * second}, {"backoff_most", 60 * second}};
  instance_ = instance_of<loader::BrokerInstance>(plugins / "libbroker_coinbase.so", "bowline.broker.coinbase", "venue", params, services_, var);
  services_.budget(take(loader::venue_rates(*instance_)));
  broker_ = std::make_unique<services::BrokerAdapter>(*instance_, inbox_, gate_);
  loop_ = std::make_unique<Loop>(*this);
  services_.on_wake = [this] { broker_->ask_wake(); };
  listeners_.push_back({&services_, [this](const bl_event& e) { take(broker_->on_event(e)); }, {}});
}

BrokerLane::~BrokerLane() {
  if (services::NetPort* net = services_.net()) {
    net->on_arrival({});
    net->close();
  }
  static_cast<void>(instance_->stop(5 * second));
}

// As pump_broker(), without trade-execution behind the inbox.
void BrokerLane::pump() {
  const auto read = [this] {
    inbox_.drain([this](const bl_event& e) {
      if (e.type != BL_EV_EXEC) return;
      const auto& x = reinterpret_cast<const bl_exec&>(e);
      if (waited_for_.empty() || text_of(x.client_id) != waited_for_) return;
      heard_ = Clock::now();
      if (x.kind != BL_X_ACCEPTED) refused_ = std::to_string(x.kind) + " " + std::string(text_of(x.text));
      waited_for_.clear();
    });
  };
  do read();
  while (broker_->wake() || broker_->hear([](const Error& why) { give_up(why.message); }));
  read();
}

template <class F>
void BrokerLane::turn_until(F&& done, const char* what) {
  const auto until = Clock::now() + std::chrono::seconds(10);
  for (pump(); !done(); loop_->turn())
    if (Clock::now() > until) give_up(std::string(what) + " did not come in ten seconds");
}

void BrokerLane::start() {
  take(instance_->start());
  broker_->listen(services_.net());
  must(services_.net() != nullptr, "the plugin has its network");
  services_.net()->on_arrival([this] { loop_->post([] {}); });
  turn_until([this] { return services_.net()->outstanding() == 0; }, "the answers to the questions of the start");
}

double BrokerLane::place(const bl_intent& order) {
  waited_for_ = text_of(order.client_id);
  facts_.engine_ns = wall_ns();
  bl_error why{};
  const auto begun = Clock::now();
  const bl_status taken = instance_->submit(order, why);
  if (taken < 0) give_up("an order was not taken: " + std::string(text_of(why.message)));
  turn_until([this] { return waited_for_.empty(); }, "the acknowledgement of an order");
  if (!refused_.empty()) give_up("an order was not acknowledged: " + refused_);
  return us_between(begun, heard_);
}

void BrokerLane::to_now() {
  services::fire_timers(listeners_, facts_, wall_ns(), events_, [this] { pump(); });
  facts_.engine_ns = wall_ns();
  turn_until([this] { return services_.net()->outstanding() == 0; }, "the answers to what the plugin asked by the clock");
}

bl_intent limit_order(const std::string& client_id) {
  bl_intent i{};
  i.size = sizeof i;
  i.instrument = 1;
  client_id.copy(i.client_id, sizeof i.client_id - 1);
  i.side = BL_BUY;
  i.type = BL_LIMIT;
  i.tif = BL_GTC;
  i.qty = "0.01234567"_dec.raw();
  i.limit_px = "61234.56"_dec.raw();
  i.quote_qty = i.stop_px = Decimal::not_set().raw();
  return i;
}

}  // namespace bench
