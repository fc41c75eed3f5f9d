#include "services/stand_in/venue_line.hpp"

#include "loader/catalogue.hpp"

namespace bowline::services {

Result<std::unique_ptr<VenueLine>> VenueLine::make(const config::RunConfig& config, const core::InstrumentTable& table, Options options) {
  std::unique_ptr<VenueLine> made(new VenueLine);
  VenueLine& v = *made;
  v.facts_.instruments = &table;
  v.facts_.wall_ns = std::move(options.wall_ns);
  v.facts_.secret = std::move(options.secret);
  v.facts_.network = std::move(options.network);
  config::RunConfig alone = config;
  std::erase_if(alone.instances, [](const config::InstanceConfig& i) { return i.kind != "broker"; });
  const auto catalogue = loader::Catalogue::scan(config.plugins.path);
  if (!catalogue) return catalogue.error();
  InstancesOptions io;
  io.var = std::move(options.var);
  io.close_gate = [&v] { v.gate_closed_.store(true, std::memory_order_release); };
  io.alert = std::move(options.alert);
  auto instances = Instances::make(alone, *catalogue, v.facts_, std::move(io));
  if (!instances) return instances.error();
  v.instances_ = std::move(*instances);
  auto& one = v.instances_->brokers.front();
  v.broker_ = std::make_unique<BrokerAdapter>(*one.instance, v.instances_->broker_inbox, v.gate_closed_);
  one.services->on_wake = [&v] {
    v.broker_->ask_wake();
    v.ring();
  };
  v.listen();
  return made;
}

void VenueLine::listen() {
  broker_->listen(instances_->brokers.front().services->net());
  if (broker_->net() != nullptr) broker_->net()->on_arrival([this] { ring(); });
}

VenueLine::~VenueLine() {
  if (broker_ && broker_->net() != nullptr) {
    broker_->net()->on_arrival({});
    broker_->net()->close();
    while (broker_->hear({})) {
    }
  }
  if (instances_) static_cast<void>(instances_->stop());
}

Result<void> VenueLine::start(core::Nanos now) {
  facts_.engine_ns.store(now, std::memory_order_relaxed);
  auto started = instances_->start();
  listen();
  return started;
}

std::uint64_t VenueLine::caps() const noexcept { return instances_->brokers.front().instance->caps(); }

Result<loader::VenueRates> VenueLine::rates() const { return loader::venue_rates(*instances_->brokers.front().instance); }

Result<loader::VenueStanding> VenueLine::standing() const { return loader::venue_standing(*instances_->brokers.front().instance); }

const std::string& VenueLine::plugin_sha256() const noexcept { return instances_->brokers.front().instance->module().sha256(); }

void VenueLine::ring() noexcept {
  {
    const std::scoped_lock hold(lock_);
    rung_ = true;
  }
  arrived_.notify_one();
}

void VenueLine::wait(std::chrono::milliseconds most) {
  std::unique_lock hold(lock_);
  arrived_.wait_for(hold, most, [this] { return rung_; });
  rung_ = false;
}

void VenueLine::pump(const std::function<void(const bl_event&)>& heard) {
  const auto read = [&] {
    instances_->broker_inbox.drain([&](const bl_event& e) {
      if (e.type == BL_EV_LINK) broker_->on_link(reinterpret_cast<const bl_link&>(e));
      heard(e);
    });
  };
  do read();
  while (broker_->wake() || broker_->hear({}));
  read();
}

void VenueLine::turn(core::Nanos now, const std::function<void(const bl_event&)>& heard) {
  auto& one = instances_->brokers.front();
  Listener listener{one.services.get(), [this](const bl_event& e) { static_cast<void>(broker_->on_event(e)); }, {}};
  fire_timers({&listener, 1}, facts_, now, events_, [&] { pump(heard); });
  if (now > facts_.engine_ns.load(std::memory_order_relaxed)) facts_.engine_ns.store(now, std::memory_order_relaxed);
  pump(heard);
}

Error VenueLine::fault() const {
  const auto& one = instances_->brokers.front();
  if (!one.services->has_failed() && !broker_->broken()) return {};
  Error why = one.services->failure();
  return why.code.empty() ? Error{"INSTANCE_FAILED", "the venue's plugin has failed"} : why;
}

}  // namespace bowline::services
