// What others reach in a run: its parts, its book, its time, and where a plan is handed in.
#include "core/contract.hpp"
#include "services/runtime/run_impl.hpp"

namespace bowline::services {
namespace {
template <class T>
T& hosted(const std::unique_ptr<T>& part) {
  BOWLINE_EXPECTS(part != nullptr);
  return *part;
}
}  // namespace

RunParts Run::Impl::parts() const {
  RunParts p;
  p.loop = loop.get();
  p.generator = generator.get();
  p.bridge = bridge.get();
  p.execution = execution.get();
  p.rebalancer = rebalancer.get();
  p.broker = broker.get();
  p.journal = journal.get();
  p.store = sql.get();
  p.ballast = ballast.get();
  p.instances = instances.get();
  p.plugin_errors = &plugin_errors;
  p.recorder = recorder.get();
  for (const auto& r : readers) p.feeds.push_back(r.get());
  p.wall_ns = facts.wall_ns;
  // Two bars that did not come, and as long as a bar may be late.
  p.stale_after_ns = 2 * config.interval_ns + config.max_bar_delay_ns;
  return p;
}

RunParts Run::parts() const { return impl_->parts(); }

CoreLoop& Run::loop() noexcept { return *impl_->loop; }
bool Run::hosts(std::string_view service) const noexcept { return impl_->hosts(service); }
bool Run::parted() const noexcept { return impl_->parted(); }
Execution& Run::execution() noexcept { return hosted(impl_->execution); }
Bridge& Run::bridge() noexcept { return hosted(impl_->bridge); }
Generator& Run::generator() noexcept { return hosted(impl_->generator); }
Rebalancer& Run::rebalancer() noexcept { return hosted(impl_->rebalancer); }
MarketStream& Run::market() noexcept { return hosted(impl_->market); }
EventsStream& Run::events() noexcept { return hosted(impl_->events); }
LiquidationStream& Run::liquidation() noexcept { return hosted(impl_->liquidation); }

std::vector<std::pair<std::string, bool>> Run::links() const {
  std::vector<std::pair<std::string, bool>> all;
  if (impl_->market) all = impl_->market->followers();
  for (const auto& f : impl_->followers) f->links(all);
  return all;
}

const core::PortfolioView* Run::view() const noexcept {
  const Impl& m = *impl_;
  if (m.execution) return &m.execution->view();
  if (m.rebalancer_node != nullptr) return &m.rebalancer_node->view();
  return m.bridge_node != nullptr ? &m.bridge_node->view() : nullptr;
}

void Run::take_plan(std::span<const core::Target> targets, core::Nanos now, const Asker& who,
                    std::function<void(const Result<void>&)> taken) {
  Impl& m = *impl_;
  if (m.execution) {
    audit_plan(m.sink(), m.execution->plan_asked(targets, now, who.principal, who.request_id, false), now, who, targets.size());
    m.execution->take_targets(targets, true);
    m.execution->trade(now);
    m.loop->pump();
    return taken({});
  }
  if (m.rebalancer_node != nullptr) return m.rebalancer_node->propose_now(targets, now, who, std::move(taken));
  taken(Error{"EXECUTION_ABSENT", "no trade-execution is in reach: a plan would go nowhere"});
}

Result<bool> Run::take_targets(const wire::Targets& targets, const std::string& key, const std::string& body) {
  BOWLINE_EXPECTS(impl_->execution_node != nullptr);
  return impl_->execution_node->take(targets, key, body);
}

const core::InstrumentTable& Run::instruments() const noexcept { return impl_->table; }
const core::DataSymbols& Run::data_symbols() const noexcept { return impl_->facts.data; }
core::Nanos Run::now() const noexcept { return impl_->facts.engine_ns.load(std::memory_order_relaxed); }

}  // namespace bowline::services
