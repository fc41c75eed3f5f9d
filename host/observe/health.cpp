#include "observe/health.hpp"

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>

#include "observe/json_text.hpp"

namespace bowline::observe {
namespace {

struct State {
  Health status = Health::Ok;
  std::string code, text;
};

const char* name(Health h) noexcept {
  switch (h) {
    case Health::Ok:
      return "ok";
    case Health::Degraded:
      return "degraded";
    case Health::Down:
      return "down";
  }
  return "down";
}

const char* boolean(bool b) noexcept { return b ? "true" : "false"; }

std::int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

struct HealthBoard::Impl {
  Options options;
  mutable std::mutex lock;  // guards components and reasons
  std::map<std::string, State, std::less<>> components;
  std::vector<std::string> reasons;
  std::atomic<bool> ready{false}, trading{false};
  std::atomic<std::int64_t> beaten_ns;

  std::int64_t now() const { return options.monotonic_ns ? options.monotonic_ns() : steady_ns(); }
  Health worst() const {
    Health w = Health::Ok;
    for (const auto& [_, s] : components) w = std::max(w, s.status);
    return w;
  }
};

HealthBoard::HealthBoard(Options options) : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
  impl_->beaten_ns.store(impl_->now());  // start-up counts as the first beat
}
HealthBoard::~HealthBoard() = default;

void HealthBoard::set(std::string_view component, Health status, std::string_view code,
                      std::string_view text) {
  const std::scoped_lock hold(impl_->lock);
  impl_->components.insert_or_assign(std::string(component),
                                     State{status, std::string(code), std::string(text)});
}

void HealthBoard::set_ready(bool ready) { impl_->ready.store(ready); }

void HealthBoard::set_trading_ready(bool ready, std::vector<std::string> reasons) {
  const std::scoped_lock hold(impl_->lock);
  impl_->reasons = std::move(reasons);
  impl_->trading.store(ready);
}

void HealthBoard::beat() noexcept { impl_->beaten_ns.store(impl_->now(), std::memory_order_relaxed); }

bool HealthBoard::live() const noexcept {
  return impl_->now() - impl_->beaten_ns.load(std::memory_order_relaxed) <= impl_->options.live_limit_ns;
}
bool HealthBoard::ready() const noexcept {
  return impl_->ready.load() && (!impl_->options.may_be_ready || impl_->options.may_be_ready());
}
bool HealthBoard::trading_ready() const noexcept { return impl_->trading.load(); }

std::vector<std::pair<std::string, Health>> HealthBoard::components() const {
  const std::scoped_lock hold(impl_->lock);
  std::vector<std::pair<std::string, Health>> all;
  for (const auto& [component, s] : impl_->components) all.emplace_back(component, s.status);
  return all;
}

Health HealthBoard::overall() const {
  const std::scoped_lock hold(impl_->lock);
  return impl_->worst();
}

std::string HealthBoard::json() const { return report().second; }

std::pair<bool, std::string> HealthBoard::report() const {
  const bool alive = live();
  const std::scoped_lock hold(impl_->lock);
  const Health worst = alive ? impl_->worst() : Health::Down;
  const auto& o = impl_->options;
  std::string out = R"({"status":")";
  out.append(name(worst)).append(R"(","service":)");
  append_json_string(out, o.service);
  out += R"(,"version":)";
  append_json_string(out, o.version);
  out += R"(,"mode":)";
  append_json_string(out, o.mode);
  out.append(R"(,"live":)").append(boolean(alive)).append(R"(,"ready":)").append(boolean(ready()));
  out.append(R"(,"trading":{"ready":)").append(boolean(trading_ready())).append(R"(,"reasons":[)");
  const char* comma = "";
  for (const auto& r : impl_->reasons) {
    out += comma;
    append_json_string(out, r);
    comma = ",";
  }
  out += R"(]},"components":{)";
  comma = "";
  for (const auto& [component, s] : impl_->components) {
    out += comma;
    append_json_string(out, component);
    out.append(R"(:{"status":")").append(name(s.status)).append(R"(","code":)");
    append_json_string(out, s.code);
    out += R"(,"text":)";
    append_json_string(out, s.text);
    out += '}';
    comma = ",";
  }
  out += "}}";
  return {worst != Health::Down, std::move(out)};
}

}  // namespace bowline::observe
