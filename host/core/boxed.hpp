// An optional value that is rarely there, and large: its holder has room for a pointer only. In every other way a value: it is
// copied with its holder, and what is moved from has none.
#pragma once

#include <memory>

namespace bowline::core {

template <class T>
class Boxed {
  std::unique_ptr<T> at_;

 public:
  Boxed() = default;
  Boxed(const Boxed& other) : at_(other.at_ ? std::make_unique<T>(*other.at_) : nullptr) {}
  Boxed(Boxed&&) noexcept = default;
  Boxed& operator=(const Boxed& other) {
    at_ = other.at_ ? std::make_unique<T>(*other.at_) : nullptr;
    return *this;
  }
  Boxed& operator=(Boxed&&) noexcept = default;
  ~Boxed() = default;

  T& emplace() {
    at_ = std::make_unique<T>();
    return *at_;
  }
  explicit operator bool() const noexcept { return at_ != nullptr; }
  T& operator*() noexcept { return *at_; }
  const T& operator*() const noexcept { return *at_; }
  T* operator->() noexcept { return at_.get(); }
  const T* operator->() const noexcept { return at_.get(); }
};

}  // namespace bowline::core
