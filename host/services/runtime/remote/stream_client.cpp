#include "services/runtime/remote/stream_client.hpp"

#include <nlohmann/json.hpp>

#include "observe/log.hpp"

namespace bowline::services {
namespace {
namespace out = observe::log;
}

StreamClient::StreamClient(edge::IoThread& io, CoreLoop& loop, StreamClientOptions options, StreamClientEvents events)
    : loop_(loop), options_(std::move(options)), events_(std::make_shared<const StreamClientEvents>(std::move(events))) {
  edge::WsClientOptions o;
  o.url_source = [this] { return url(); };
  o.backoff_min = std::chrono::milliseconds(50);
  o.backoff_max = std::chrono::milliseconds(1'000);  // peers of one run start and break off together
  edge::WsClientEvents e;
  e.on_open = [this] {
    out::info("peer", "connected to {}{}", options_.base_url, options_.path);
    last_reason_.clear();
    if (events_->opened) events_->opened();
  };
  e.on_text = [this](std::string_view text) { heard(text); };
  e.on_down = [this](const Error& why) {
    if (why.message == last_reason_) return;  // a peer that is not there yet is said once
    last_reason_ = why.message;
    out::warning("peer", "{}{}: {}; trying again", options_.base_url, options_.path, why.message);
  };
  client_ = std::make_unique<edge::WsClient>(io, std::move(o), std::move(e));
}

StreamClient::~StreamClient() { stop(); }
void StreamClient::start() { client_->start(); }
void StreamClient::stop() { client_->stop(); }

// [I/O thread] After a break the peer is asked for everything from the first message that was not heard.
std::string StreamClient::url() const {
  std::string u = "ws" + options_.base_url.substr(options_.base_url.find(':')) + options_.path + "?from=" + std::to_string(next_);
  if (!options_.as.empty()) u += "&as=" + options_.as;
  return u;
}

void StreamClient::fail(std::string code, std::string what) {
  if (std::exchange(failed_, true)) return;
  Error why{std::move(code), options_.expected.service + " at " + options_.base_url + ": " + std::move(what)};
  static_cast<void>(loop_.post([events = events_, why = std::move(why)] { events->failed(why); }));
}

void StreamClient::hello(const nlohmann::json& message) {
  const auto h = wire::read_hello(message);
  if (!h) return fail("PEER_MALFORMED", h.error().message);
  const wire::Hello& mine = options_.expected;
  if (h->service != mine.service) return fail("PEER_MISMATCH", "this is " + h->service + ": correct peers");
  if (h->seed != mine.seed || h->interval_ns != mine.interval_ns || h->instruments != mine.instruments)
    return fail("PEER_MISMATCH", "it runs with another seed, interval or list of instruments: give all services of a run the same");
  if (!run_.empty() && run_ != h->run)
    return fail("PEER_RESTARTED", "it was started anew: start every service of the run anew, each with a fresh --var");
  if (run_.empty() && events_->joined)
    if (const auto may = events_->joined(h->run); !may) return fail(may.error().code, may.error().message);
  run_ = h->run;
}

void StreamClient::heard(std::string_view text) {
  if (failed_) return;
  auto m = std::make_shared<nlohmann::json>(nlohmann::json::parse(text, nullptr, false));
  if (!m->is_object()) return fail("PEER_MALFORMED", "a message is not JSON");
  const auto id = m->find("event_id");
  if (id == m->end()) return hello(*m);
  if (!id->is_number_unsigned() || run_.empty()) return fail("PEER_MALFORMED", "a message has no event id, or comes before hello");
  const auto n = id->get<std::uint64_t>();
  if (n < next_) return;  // heard before the break
  if (n > next_)
    return fail("PEER_GAP", "messages " + std::to_string(next_) + " to " + std::to_string(n - 1) +
                                " are no longer kept: a service cannot join or rejoin a run that far behind; start the run anew");
  ++next_;
  static_cast<void>(loop_.post([events = events_, m] { events->message(m); }));
}

}  // namespace bowline::services
