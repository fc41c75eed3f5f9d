#include "exchange/auth/token_memory.hpp"

namespace bowline::exchange {

std::shared_ptr<const GoodToken> TokenMemory::find(std::string_view text) const {
  const std::lock_guard guard(lock_);
  const auto it = known_.find(text);
  return it == known_.end() ? nullptr : it->second;
}

void TokenMemory::keep(std::shared_ptr<const GoodToken> token) {
  if (most_ == 0) return;
  const std::lock_guard guard(lock_);
  const GoodToken* const raw = token.get();
  if (!known_.emplace(raw->text, std::move(token)).second) return;
  order_.push_back(raw);
  if (order_.size() <= most_) return;
  known_.erase(order_.front()->text);
  order_.pop_front();
}

std::size_t TokenMemory::size() const {
  const std::lock_guard guard(lock_);
  return known_.size();
}

}  // namespace bowline::exchange
