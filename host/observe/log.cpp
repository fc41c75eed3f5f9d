#include "observe/log.hpp"

#include <spdlog/async.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <iterator>
#include <mutex>
#include <nlohmann/json.hpp>

#include "observe/json_text.hpp"

namespace bowline::observe {

void append_json_string(std::string& out, std::string_view text) {
  // Plain ASCII without anything to escape is the usual case and needs no library.
  const bool plain = std::none_of(text.begin(), text.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return u < 0x20 || u >= 0x7f || c == '"' || c == '\\';
  });
  if (plain) {
    out.append(1, '"').append(text).append(1, '"');
    return;
  }
  out += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace bowline::observe

namespace bowline::observe::log {
namespace {

constexpr std::array<std::string_view, 5> names = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};
constexpr std::array<std::string_view, 7> fixed_fields = {"ts",  "level",      "service",  "component",
                                                          "msg", "request_id", "principal"};
constexpr std::size_t max_message = 16 * 1024;  // a line that no log shipper cuts in two
constexpr std::size_t queue_lines = 8192;

struct State {
  std::mutex lock;  // guards what is below; a line copies the pointers out and writes without it
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::logger> logger;
  std::shared_ptr<const Options> options = std::make_shared<Options>();
  std::uint64_t dropped_before = 0;
};

State& state() {
  static State* s = new State;  // never destroyed: a line may be written while the process ends
  return *s;
}

thread_local Scope::Fields current{};

std::int64_t system_now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void append_time(std::string& out, std::int64_t ns) {
  using namespace std::chrono;
  const sys_time<microseconds> t{floor<microseconds>(nanoseconds{ns})};
  const auto day = floor<days>(t);
  const year_month_day ymd{day};
  const hh_mm_ss hms{t - day};
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
                 static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
                 static_cast<unsigned>(ymd.day()), hms.hours().count(), hms.minutes().count(),
                 hms.seconds().count(), hms.subseconds().count());
}

spdlog::level::level_enum spdlog_level(Level level) {
  constexpr std::array map = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                              spdlog::level::err, spdlog::level::critical};
  return map[static_cast<std::size_t>(level)];
}

std::shared_ptr<spdlog::logger> prepare(std::shared_ptr<spdlog::logger> logger) {
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::trace);  // our own threshold decides
  logger->flush_on(spdlog::level::trace);   // a line that is not in the file when the process dies is no log
  logger->set_error_handler(
      [](const std::string&) {});  // a full disk must not stop trading; health reports it
  return logger;
}

std::shared_ptr<spdlog::logger> stderr_logger() {
  return prepare(
      std::make_shared<spdlog::logger>("bowline", std::make_shared<spdlog::sinks::stderr_sink_mt>()));
}

}  // namespace

Result<void> init(Options options) {
  std::shared_ptr<spdlog::sinks::sink> sink;
  try {
    if (options.file.empty())
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    else
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
  } catch (const spdlog::spdlog_ex& e) {
    return Error{"LOG_FILE", "cannot open the log file " + options.file + ": " + e.what() +
                                 "; make its folder writable or choose another file"};
  }
  shutdown();
  State& s = state();
  const std::scoped_lock hold(s.lock);
  if (options.background) {
    s.pool = std::make_shared<spdlog::details::thread_pool>(queue_lines, 1);
    s.logger = prepare(std::make_shared<spdlog::async_logger>("bowline", std::move(sink), s.pool,
                                                              spdlog::async_overflow_policy::overrun_oldest));
  } else {
    s.logger = prepare(std::make_shared<spdlog::logger>("bowline", std::move(sink)));
  }
  detail::threshold.store(options.level, std::memory_order_relaxed);
  s.options = std::make_shared<Options>(std::move(options));
  return {};
}

void shutdown() {
  State& s = state();
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::logger> logger;
  {
    const std::scoped_lock hold(s.lock);
    pool.swap(s.pool);
    logger.swap(s.logger);
    s.options = std::make_shared<Options>();
    detail::threshold.store(Level::Info, std::memory_order_relaxed);
    if (pool) s.dropped_before += pool->overrun_counter();
  }
  if (logger) logger->flush();
  pool.reset();    // joins its thread after the last line,
  logger.reset();  // so that nothing uses the logger and its file any more
}

std::uint64_t dropped() noexcept {
  State& s = state();
  const std::scoped_lock hold(s.lock);
  return s.dropped_before + (s.pool ? s.pool->overrun_counter() : 0);
}

Scope::Scope(Fields fields) noexcept : before_(current) {
  if (!fields.service.empty()) current.service = fields.service;
  if (!fields.request_id.empty()) current.request_id = fields.request_id;
  if (!fields.principal.empty()) current.principal = fields.principal;
}

Scope::~Scope() { current = before_; }

std::string_view level_name(Level level) noexcept { return names[static_cast<std::size_t>(level)]; }

Result<Level> parse_level(std::string_view text) {
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
  const auto at = std::ranges::find(names, upper);
  if (at == names.end())
    return Error{"LOG_LEVEL", "unknown log level \"" + std::string(text.substr(0, 40)) +
                                  "\"; use DEBUG, INFO, WARNING, ERROR or CRITICAL"};
  return static_cast<Level>(at - names.begin());
}

namespace detail {

std::atomic<Level> threshold{Level::Info};

void write(Level level, std::string_view component, std::string_view msg, std::string_view extra_json) {
  std::shared_ptr<spdlog::logger> logger;
  std::shared_ptr<const Options> options;
  {
    State& s = state();
    const std::scoped_lock hold(s.lock);
    if (!s.logger) s.logger = stderr_logger();
    logger = s.logger;
    options = s.options;
  }
  thread_local std::string line;
  line.assign(R"({"ts":")");
  append_time(line, options->now_ns ? options->now_ns() : system_now_ns());
  line.append(R"(","level":")").append(level_name(level)).append(R"(","service":)");
  append_json_string(line, current.service.empty() ? std::string_view(options->service) : current.service);
  line.append(R"(,"component":)");
  append_json_string(line, component);
  line.append(R"(,"msg":)");
  append_json_string(line, msg.substr(0, max_message));
  line.append(R"(,"request_id":)");
  append_json_string(line, current.request_id);
  line.append(R"(,"principal":)");
  append_json_string(line, current.principal);
  line.append(extra_json).append("}");
  logger->log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

void vwrite(Level level, std::string_view component, fmt::string_view format, fmt::format_args args) {
  fmt::memory_buffer text;
  fmt::vformat_to(std::back_inserter(text), format, args);
  write(level, component, std::string_view(text.data(), text.size()), {});
}

namespace {
void append_key(std::string& out, std::string_view key) {
  out += ',';
  if (std::ranges::find(fixed_fields, key) != fixed_fields.end())
    append_json_string(out, std::string(key) + "_");
  else
    append_json_string(out, key);
  out += ':';
}
}  // namespace

void append_field(std::string& out, std::string_view key, std::string_view value) {
  append_key(out, key);
  append_json_string(out, value.substr(0, max_message));
}
void append_field(std::string& out, std::string_view key, std::int64_t value) {
  append_key(out, key);
  fmt::format_to(std::back_inserter(out), "{}", value);
}
void append_field(std::string& out, std::string_view key, std::uint64_t value) {
  append_key(out, key);
  fmt::format_to(std::back_inserter(out), "{}", value);
}
void append_field(std::string& out, std::string_view key, double value) {
  append_key(out, key);
  if (std::isfinite(value))
    fmt::format_to(std::back_inserter(out), "{}", value);
  else
    out += "null";  // JSON has no NaN
}
void append_field(std::string& out, std::string_view key, bool value) {
  append_key(out, key);
  out += value ? "true" : "false";
}

}  // namespace detail
}  // namespace bowline::observe::log
