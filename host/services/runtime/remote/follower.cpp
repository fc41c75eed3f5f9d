#include "services/runtime/remote/follower.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

#include "observe/log.hpp"
#include "services/runtime/json_values.hpp"

namespace bowline::services {
namespace {
namespace out = observe::log;

/// A service that is started anew in the middle of a run goes on in its folder. In the folder of another run it would put
/// its rows among that run's: the folder remembers which run it belongs to.
Result<void> same_run(const std::filesystem::path& file, const std::string& run) {
  std::string kept;
  if (std::ifstream in(file); std::getline(in, kept)) {
    if (kept == run) return {};
    return Error{"RUN_VAR_USED", "the state folder " + file.parent_path().string() +
                                     " was used by an earlier run: name another folder with --var, or move this one away"};
  }
  std::ofstream out(file, std::ios::trunc);
  out << run << "\n";
  if (!out.flush()) return Error{"RUN_VAR_UNUSABLE", file.string() + " cannot be written"};
  return {};
}
}  // namespace

Follower::Follower(FollowerParts parts) : p_(std::move(parts)) {
  StreamClientOptions o{p_.market_url, "/market/stream", p_.role, p_.expected};
  o.expected.service = "signal-generator";
  StreamClientEvents e;
  e.message = [this](const std::shared_ptr<const nlohmann::json>& m) {
    waiting_.push_back(m);
    go_on();
  };
  e.failed = [this](const Error& why) { fail(why); };
  e.opened = [this] { report(); };
  e.joined = [file = p_.heard_run](const std::string& run) { return same_run(file, run); };
  market_ = std::make_unique<StreamClient>(*p_.io, *p_.loop, std::move(o), std::move(e));
}

Follower::~Follower() = default;
void Follower::start() { market_->start(); }
void Follower::stop() { market_->stop(); }

bool Follower::ask_stop() { return market_->send(R"({"type":"stop"})"); }

// Says how far this role is; after a break the owner may not have heard it.
void Follower::report() {
  if (const core::Nanos t = settled_.load(std::memory_order_acquire); t != 0)
    static_cast<void>(market_->send(JsonObject().text("type", "settled").number("time_ns", t).done()));
  if (ended_.load(std::memory_order_acquire)) static_cast<void>(market_->send(R"({"type":"ended"})"));
}

void Follower::fail(const Error& why) {
  if (!error_.code.empty()) return;
  error_ = why;
  finished_ = true;
  end_ = RunEnd::peer_failed;
  out::error("peer", "{}: {}", why.code, why.message);
}

void Follower::pass_time(core::Nanos until) {
  fire_timers(p_.listeners, *p_.facts, until, events_, [this] { pump(); });
}

void Follower::settle() {
  deciding_ = false;
  p_.sink->end_step(close_.time);
  ++steps_;
  closed_ = close_.time;
  if (after_step) after_step(closed_, close_.acted);
  for (const Listener& l : p_.listeners)
    if (l.services->has_failed())
      return fail(Error{"INSTANCE_FAILED", "a plugin instance failed: the log says which and why"});
  settled_.store(closed_, std::memory_order_release);
  report();
  go_on();
}

// What is heard is taken up step by step: a role that was started anew hears everything so far at once.
void Follower::go_on() {
  if (going_on_) return;
  going_on_ = true;
  while (!finished_ && !waiting_.empty()) {
    const auto m = waiting_.front();
    // The owner of time ends a run when all have settled, or when it will wait no longer: then nobody has to.
    if (deciding_ && m->at("type") != "end") break;
    waiting_.pop_front();
    handle(*m);
  }
  going_on_ = false;
}

void Follower::handle(const nlohmann::json& m) {
  const std::string& type = m.at("type").get_ref<const std::string&>();
  if (type == "close") {
    auto read = wire::read_close(m, *p_.table);
    if (!read) return fail(Error{"PEER_MALFORMED", read.error().message});
    close_ = std::move(*read);
    deciding_ = true;
    return on_close();
  }
  if (type == "end") {
    end_ = wire::follower_end(m.value("end", ""));
    finished_ = true;
    ended_.store(true, std::memory_order_release);
    return report();
  }
  auto event = wire::read_market(m, *p_.table);
  if (!event) return fail(Error{"PEER_MALFORMED", event.error().message});
  pass_time(event->h.ts_recv);
  if (event->h.ts_recv > p_.facts->engine_ns.load(std::memory_order_relaxed))
    p_.facts->engine_ns.store(event->h.ts_recv, std::memory_order_relaxed);
  if (event->h.type == BL_EV_BAR && usable(event->bar, p_.table->size())) {
    if (first_ == 0) first_ = event->h.ts_recv;
    ++bars_;
  }
  on_market(*event);
  for (const Listener& l : p_.listeners)
    if (l.market) l.market(event->h);
}

}  // namespace bowline::services
