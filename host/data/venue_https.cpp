#include "data/venue_https.hpp"

#include <charconv>
#include <condition_variable>
#include <fstream>
#include <mutex>

#include "edge/clocks.hpp"
#include "edge/http_client.hpp"

namespace bowline::data {
namespace {

constexpr std::size_t most_bytes = 4u << 20;

std::optional<std::int64_t> seconds_of(std::optional<std::string_view> text) {
  std::int64_t s = 0;
  if (!text) return std::nullopt;
  const auto [end, ec] = std::from_chars(text->data(), text->data() + text->size(), s);
  return ec == std::errc{} && end == text->data() + text->size() && s >= 0 ? std::optional(s) : std::nullopt;
}

}  // namespace

std::optional<std::string> checked_base_url(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  const bool plain = url.starts_with("http://");
  if (!plain && !url.starts_with("https://")) return std::nullopt;
  const std::string_view rest = url.substr(plain ? 7 : 8);
  if (rest.empty() || rest.size() > 260 || rest.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:[]") != rest.npos)
    return std::nullopt;
  const auto port = rest.starts_with('[') ? rest.find("]:") : rest.rfind(':');
  const std::string_view host = port == rest.npos ? rest : rest.substr(0, rest.starts_with('[') ? port + 1 : port);
  if (port != rest.npos) {
    const std::string_view digits = rest.substr(rest.starts_with('[') ? port + 2 : port + 1);
    if (digits.empty() || digits.size() > 5 || digits.find_first_not_of("0123456789") != digits.npos) return std::nullopt;
  }
  const bool here = host == "localhost" || host == "127.0.0.1" || host == "[::1]";
  return plain && !here ? std::nullopt : std::optional(std::string(url));
}

struct VenueHttps::Impl {
  std::string base;
  std::chrono::milliseconds timeout{};
  edge::IoThread io;
  std::unique_ptr<edge::HttpClient> client;
  std::mutex m;
  std::condition_variable woken;
  bool stopped = false;

  WebAnswer get(const std::string& target) {
    struct Box {
      std::optional<edge::HttpReply> reply;  // under m
    };
    const auto box = std::make_shared<Box>();  // outlives this call where it is not waited for any more
    edge::HttpCall call;
    call.url = base + target;
    call.headers = {{"Accept", "application/json"}, {"Cache-Control", "no-cache"}};
    call.deadline = timeout;
    call.max_response = most_bytes;
    client->send(std::move(call), [this, box](edge::HttpReply r) {
      const std::scoped_lock hold(m);
      box->reply = std::move(r);
      woken.notify_all();
    });
    std::unique_lock hold(m);
    woken.wait(hold, [&] { return stopped || box->reply; });
    if (!box->reply) return {0, {}, {}, {"EDGE_CLOSED", "told to stop"}};
    edge::HttpReply& r = *box->reply;
    if (!r.complete()) return {0, {}, {}, r.error};
    return {r.status, std::move(r.body), seconds_of(r.headers.find("Retry-After")), {}};
  }
  bool sleep(std::int64_t ns) {
    std::unique_lock hold(m);
    return !woken.wait_for(hold, std::chrono::nanoseconds(ns), [this] { return stopped; });
  }
};

VenueHttps::VenueHttps(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
VenueHttps::~VenueHttps() { impl_->client.reset(); }

Result<std::unique_ptr<VenueHttps>> VenueHttps::open(const HttpsOptions& o) {
  const auto base = checked_base_url(o.base_url);
  if (!base) return Error{"DATA_VENUE_REFUSED", "--base-url: https://host[:port] is needed; http:// serves for this machine alone"};
  if (!o.ca_file.empty() && !std::ifstream(o.ca_file)) return Error{"DATA_FILE_UNREADABLE", o.ca_file + ": the authorities to trust can't be read"};
  auto impl = std::make_unique<Impl>();
  impl->base = *base;
  impl->timeout = o.timeout;
  edge::ClientOptions client;
  client.ca_file = o.ca_file;
  impl->client = std::make_unique<edge::HttpClient>(impl->io, client);
  return std::unique_ptr<VenueHttps>(new VenueHttps(std::move(impl)));
}

VenueWorld VenueHttps::world() {
  Impl* i = impl_.get();
  return {[i](const std::string& target) { return i->get(target); },
          [] { return edge::read_clock(CLOCK_MONOTONIC); },
          [i](std::int64_t ns) { return i->sleep(ns); },
          [i] {
            const std::scoped_lock hold(i->m);
            return i->stopped;
          },
          {}};
}

void VenueHttps::stop() {
  const std::scoped_lock hold(impl_->m);
  impl_->stopped = true;
  impl_->woken.notify_all();
}

}  // namespace bowline::data
