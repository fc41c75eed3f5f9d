#include "services/runtime/broadcaster.hpp"

#include <algorithm>

namespace bowline::services {

std::uint64_t Broadcaster::next_id() const {
  const std::scoped_lock hold(lock_);
  return next_;
}

void Broadcaster::publish(std::string text) {
  auto shared = std::make_shared<const std::string>(std::move(text));
  const std::scoped_lock hold(lock_);
  ++next_;
  std::erase_if(sessions_, [&](const std::weak_ptr<edge::WsSession>& weak) {
    const auto session = weak.lock();
    return !session || !session->send(shared);
  });
  kept_.push_back(std::move(shared));
  if (kept_.size() > keep_) kept_.pop_front();
}

bool Broadcaster::skip_unheard() {
  const std::scoped_lock hold(lock_);
  std::erase_if(sessions_, [](const auto& weak) { return weak.expired(); });
  const auto now = std::chrono::steady_clock::now();
  if (!sessions_.empty()) unheard_from_ = now + std::chrono::minutes(1);
  if (now < unheard_from_) return false;
  ++next_;
  kept_.clear();
  return true;
}

void Broadcaster::add(const std::shared_ptr<edge::WsSession>& session, std::optional<std::uint64_t> from) {
  const std::scoped_lock hold(lock_);
  std::erase_if(sessions_, [](const auto& weak) { return weak.expired(); });
  if (from) {
    const std::uint64_t oldest = next_ - kept_.size();
    for (std::uint64_t id = std::max(*from, oldest); id < next_; ++id)
      if (!session->send(kept_[static_cast<std::size_t>(id - oldest)])) return;
  }
  sessions_.push_back(session);
  unheard_from_ = std::chrono::steady_clock::now() + std::chrono::minutes(1);
}

std::size_t Broadcaster::sessions() const {
  const std::scoped_lock hold(lock_);
  return static_cast<std::size_t>(
      std::count_if(sessions_.begin(), sessions_.end(), [](const auto& weak) { return !weak.expired(); }));
}

}  // namespace bowline::services
