#include "edge/host_pool.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <exception>

namespace bowline::edge {
namespace {

namespace asio = boost::asio;

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t least_backoff = second, most_backoff = 30 * second;
constexpr std::int64_t short_life = second;  // whoever ends an unused connection before it does not want us now

}  // namespace

HostPool::HostPool(asio::io_context& context, Url url, std::shared_ptr<TlsContext> tls, const HostPoolOptions& options, Clocks clocks,
                   std::uint64_t jitter, Lookup lookup)
    : context_(context),
      url_(std::move(url)),
      tls_(std::move(tls)),
      options_(options),
      clocks_(std::move(clocks)),
      addresses_{std::move(lookup), {}},
      asked_at_(clocks_.boot_ns()),
      jitter_(jitter | 1) {}

void HostPool::begin() {
  ++in_use_;
  asked_at_ = clocks_.boot_ns();
}

bool HostPool::forgotten() const noexcept { return in_use_ == 0 && clocks_.boot_ns() - asked_at_ >= options_.forget_ns; }

std::shared_ptr<WireSocket> HostPool::take(bool urgent) {
  std::shared_ptr<WireSocket> found;
  while (!idle_.empty() && !found) {
    // Where the host lets nobody in just now, another one of its own is no way out.
    const bool kept = !urgent && idle_.size() == 1 && options_.spare >= 2 && in_use_ > 1 && clocks_.boot_ns() >= not_before_;
    if (kept) break;
    Idle last = std::move(idle_.back());
    idle_.pop_back();
    if (last.socket->quiet())
      found = std::move(last.socket);
    else
      lost(last);
  }
  tend();
  return found;
}

asio::awaitable<std::optional<Error>> HostPool::open(std::shared_ptr<WireSocket>& made) {
  made = std::make_shared<WireSocket>(context_);
  std::erase_if(opening_, [](const auto& o) { return o.expired(); });
  opening_.push_back(made);
  auto error = co_await made->open(url_, *tls_, &session_, std::chrono::nanoseconds(options_.connect_ns), &addresses_);
  std::erase_if(opening_, [&made](const auto& o) { return o.expired() || o.lock() == made; });
  if (!error && closed_) error = Error{"EDGE_CLOSED", "the client was closed while it connected"};
  if (!error) {
    ++opened_;
    resumed_ += made->resumed() ? 1 : 0;
  }
  co_return error;
}

void HostPool::watch(const std::shared_ptr<WireSocket>& socket) {
  socket->watch([self = weak_from_this(), which = std::weak_ptr(socket)] {
    const auto pool = self.lock();
    const auto stirred = which.lock();
    if (!pool || !stirred || pool->closed_) return;
    const auto at = std::find_if(pool->idle_.begin(), pool->idle_.end(), [&](const Idle& i) { return i.socket == stirred; });
    if (at == pool->idle_.end()) return;  // it was a reply
    if (stirred->quiet()) return pool->watch(stirred);  // a session ticket
    pool->lost(*at);
    pool->idle_.erase(at);
    pool->tend();
  });
}

bool HostPool::keep(std::shared_ptr<WireSocket> socket, bool used) {
  if (closed_ || !socket->quiet()) return false;
  watch(socket);
  idle_.push_back({std::move(socket), clocks_.boot_ns(), used});
  return true;
}

void HostPool::give_back(std::shared_ptr<WireSocket> socket) { static_cast<void>(keep(std::move(socket), true)); }

/// The other side has ended an idle one. Hosts do that after a while; at once it is a "no", however well the handshake went.
void HostPool::lost(const Idle& i) noexcept {
  if (i.used) return;
  if (clocks_.boot_ns() - i.since < short_life)
    back_off();
  else
    backoff_ = 0;
}

void HostPool::back_off() noexcept {
  const std::int64_t now = clocks_.boot_ns();
  if (now < not_before_) return;  // several at one moment are one refusal
  // Many hosts that lost theirs at one moment do not all come back at one moment.
  jitter_ = jitter_ * 6364136223846793005ull + 1442695040888963407ull;
  backoff_ = std::clamp(backoff_ * 2, least_backoff, most_backoff);
  not_before_ = now + backoff_ - static_cast<std::int64_t>((jitter_ >> 33) % static_cast<std::uint64_t>(backoff_ / 4));
}

void HostPool::tend() {
  if (closed_) return;
  const std::int64_t now = clocks_.boot_ns();
  const bool needed = now - asked_at_ < options_.forget_ns;
  // Those that nobody has ended tell that the host takes new ones.
  if (std::any_of(idle_.begin(), idle_.end(), [now](const Idle& i) { return !i.used && now - i.since >= short_life; })) backoff_ = 0;
  const auto young = static_cast<std::size_t>(std::count_if(idle_.begin(), idle_.end(), [this](const Idle& i) { return !old(i); }));
  // Old ones stand in until their successors are there, but not for long: the host may be about to close them.
  std::erase_if(idle_, [&](const Idle& i) { return old(i) && (!needed || young >= options_.spare || now - i.since >= 2 * options_.idle_ns); });
  if (!needed || now < not_before_) return;
  for (std::size_t ready = young + ahead_; ready < options_.spare && in_use_ + ready < options_.connections; ++ready) {
    ++ahead_;
    asio::co_spawn(context_, open_ahead(shared_from_this()), [](std::exception_ptr e) {
      if (e) std::rethrow_exception(e);  // an impossible state: be loud
    });
  }
}

asio::awaitable<void> HostPool::open_ahead(std::shared_ptr<HostPool> self) {
  std::shared_ptr<WireSocket> made;
  const auto error = co_await self->open(made);
  --self->ahead_;
  if (error || !self->keep(std::move(made), false)) self->back_off();
  self->tend();
}

void HostPool::close() noexcept {
  closed_ = true;
  idle_.clear();
  for (const auto& o : opening_)
    if (const auto socket = o.lock()) socket->cancel();
  opening_.clear();
}

}  // namespace bowline::edge
