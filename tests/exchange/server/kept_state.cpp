#include "exchange/server/kept_state.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "exchange/engine/archive.hpp"
#include "exchange/server/files.hpp"

namespace bowline::exchange {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::string_view title = "bowline-venue 1 ";

std::string log_of(const std::string& path, std::uint64_t number) { return path + ".log." + std::to_string(number); }
Error unwritable(const std::string& path) { return {"STATE_UNWRITABLE", path + ": " + std::strerror(errno)}; }
Error malformed(const std::string& path, const std::string& why) { return {"STATE_MALFORMED", path + ": " + why}; }

/// One list of the options for both ways; decimals are texts.
template <class O, class F>
void each_option(O& o, F&& f) {
  f("id_seed", o.id_seed);
  f("pending_ns", o.pending_ns);
  f("visible_ns", o.visible_ns);
  f("cancel_ns", o.cancel_ns);
  f("edit_ns", o.edit_ns);
  f("listed_ns", o.listed_ns);
  f("self_trade", o.self_trade);
  f("client_id_scope", o.client_id_scope);
  f("client_id_retention_ns", o.client_id_retention_ns);
  f("max_open_orders", o.max_open_orders);
  f("edit_stops", o.edit_stops);
  f("max_end_ns", o.max_end_ns);
  f("max_limit_distance", o.max_limit_distance);
  f("bracket_through", o.bracket_through);
  f("fills_on_touch", o.fills_on_touch);
}

std::string head_text(const KeptHead& head) {
  Json options;
  each_option(head.options, [&](const char* key, const auto& v) {
    using T = std::decay_t<decltype(v)>;
    if constexpr (std::is_same_v<T, Decimal>) options[key] = v.is_set() ? v.to_string() : "-";
    else if constexpr (std::is_enum_v<T>) options[key] = static_cast<int>(v);
    else options[key] = v;
  });
  return Json{{"options", options}, {"portfolios", head.portfolios}, {"origin_s", head.origin_s}}.dump();
}

/// Throws what nlohmann::json throws.
KeptHead head_of(std::string_view text) {
  const Json all = Json::parse(text);
  KeptHead head;
  each_option(head.options, [&](const char* key, auto& v) {
    using T = std::decay_t<decltype(v)>;
    const Json& j = all.at("options").at(key);
    if constexpr (std::is_same_v<T, Decimal>) {
      const auto s = j.get<std::string>();
      v = s == "-" ? Decimal::not_set() : Decimal::try_parse(s).value_or(Decimal::not_set());
    } else if constexpr (std::is_enum_v<T>) {
      v = static_cast<T>(j.get<int>());
    } else {
      v = j.get<T>();
    }
  });
  head.portfolios = all.at("portfolios").get<std::vector<std::string>>();
  head.origin_s = all.at("origin_s").get<std::int64_t>();
  return head;
}

std::string record(std::string_view calls) {
  std::string out = std::to_string(calls.size()) + " " + std::to_string(checksum(calls)) + "\n";
  out += calls;
  out += '\n';
  return out;
}

/// The calls of a log. A record that the file ends in is torn; one that is wrong in front of others is not an accident of a kill.
Result<void> read_log(const std::string& path, std::string_view log, KeptState& state) {
  std::size_t at = 0;
  while (at < log.size()) {
    const std::size_t line = log.find('\n', at);
    const std::size_t blank = log.find(' ', at);
    std::size_t length = 0;
    std::uint64_t sum = 0;
    bool good = line != log.npos && blank < line;
    if (good) {
      good = std::from_chars(log.data() + at, log.data() + blank, length).ptr == log.data() + blank &&
             std::from_chars(log.data() + blank + 1, log.data() + line, sum).ptr == log.data() + line;
      if (!good) return malformed(path, "no record at byte " + std::to_string(at));
      good = length < log.size() - line - 1;  // its last newline, too
    }
    if (!good) {
      state.torn = true;
      return {};
    }
    const std::string_view calls = log.substr(line + 1, length);
    if (checksum(calls) != sum || log[line + 1 + length] != '\n') return malformed(path, "a wrong record at byte " + std::to_string(at));
    state.calls += calls;
    at = line + 2 + length;
  }
  return {};
}

}  // namespace

Result<std::optional<KeptState>> read_state(const std::string& path) {
  // While a venue writes a new snapshot its old log goes: then the new snapshot is there, and is read instead.
  for (int tries = 0;; ++tries) {
    const auto text = read_file(path);
    if (!text && text.error().code == "FILE_ABSENT") return std::optional<KeptState>();
    if (!text) return Error{"STATE_UNREADABLE", text.error().message};
    const std::size_t first = text->find('\n'), second = first == std::string::npos ? first : text->find('\n', first + 1);
    if (!text->starts_with(title) || second == std::string::npos) return malformed(path, "it is no state of a venue, or of another version");
    std::uint64_t number = 0;
    const char* const end = text->data() + first;
    if (std::from_chars(text->data() + title.size(), end, number).ptr != end) return malformed(path, "its log's number");
    KeptState state;
    try {
      state.head = head_of(std::string_view(*text).substr(first + 1, second - first - 1));
    } catch (const std::exception& e) {
      return malformed(path, e.what());
    }
    state.engine = text->substr(second + 1);
    const auto log = read_file(log_of(path, number));
    if (!log && log.error().code == "FILE_ABSENT" && tries < 5) continue;
    if (!log) return Error{"STATE_UNREADABLE", log.error().message};
    if (auto ok = read_log(log_of(path, number), *log, state); !ok) return std::move(ok).error();
    return std::optional<KeptState>(std::move(state));
  }
}

Result<Engine> restore(const KeptState& state, const Options& options) {
  auto engine = Engine::load(state.engine, state.head.options);
  if (!engine) return engine;
  if (auto ok = engine->replay(state.calls); !ok) return std::move(ok).error();
  return Engine::load(engine->save(), options);
}

Result<std::unique_ptr<StateFile>> StateFile::open(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code ec;
  if (!folder.empty()) std::filesystem::create_directories(folder, ec);
  const std::string name = path + ".lock";
  const int lock = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) return unwritable(name);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return Error{"STATE_IN_USE", path + " is another venue's, which is running"};
  }
  return std::unique_ptr<StateFile>(new StateFile(path, lock));
}

StateFile::~StateFile() {
  if (log_ >= 0) ::close(log_);
  ::close(lock_);
}

Result<void> StateFile::snapshot(const KeptHead& head, std::string_view engine) {
  std::uint64_t old = number_;
  if (log_ < 0) {  // the first one: the number goes on from what is there
    if (const auto text = read_file(path_); text && text->starts_with(title))
      std::from_chars(text->data() + title.size(), text->data() + text->size(), old);
  }
  const std::uint64_t number = old + 1;
  const std::string name = log_of(path_, number);
  const int log = ::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) return unwritable(name);
  std::string text = std::string(title) + std::to_string(number) + "\n" + head_text(head) + "\n";
  text += engine;
  if (auto ok = write_file(path_, text); !ok) {
    ::close(log);
    ::unlink(name.c_str());
    return Error{"STATE_UNWRITABLE", ok.error().message};
  }
  if (log_ >= 0) ::close(log_);
  ::unlink(log_of(path_, old).c_str());
  log_ = log;
  number_ = number;
  log_size_ = 0;
  return {};
}

Result<void> StateFile::append(std::string_view calls) {
  const std::string text = record(calls);
  std::string_view left = text;
  while (!left.empty()) {
    const auto n = ::write(log_, left.data(), left.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unwritable(log_of(path_, number_));
    left.remove_prefix(static_cast<std::size_t>(n));
  }
  log_size_ += static_cast<std::int64_t>(text.size());
  return {};
}

}  // namespace bowline::exchange
