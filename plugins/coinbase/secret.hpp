// Text that must not be found anywhere afterwards: whole pages of their own, left out of core dumps, wiped when they go.
#pragma once

#include <cstddef>
#include <string_view>

namespace bowline::coinbase {

/// Owns its bytes; movable, never copied. No part of it is ever reallocated, so no copy is left behind. One thread at a time.
class Secret {
 public:
  /// Room for `capacity` bytes, none used yet. Throws std::bad_alloc when the system has no page for it.
  explicit Secret(std::size_t capacity);
  static Secret copy_of(std::string_view text);
  ~Secret();
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  char* data() noexcept { return page_; }
  std::size_t capacity() const noexcept { return mapped_; }  ///< at least what was asked for: whole pages
  std::size_t size() const noexcept { return size_; }
  /// How many bytes of data() are used; at most capacity(), a larger number is cut.
  void resize(std::size_t n) noexcept { size_ = n < mapped_ ? n : mapped_; }
  /// Appends one byte. False: there is no room, nothing was written.
  bool push(char c) noexcept {
    if (size_ >= mapped_) return false;
    page_[size_++] = c;
    return true;
  }
  std::string_view view() const noexcept { return {page_, size_}; }

 private:
  void wipe() noexcept;
  char* page_ = nullptr;
  std::size_t mapped_ = 0;
  std::size_t size_ = 0;
};

}  // namespace bowline::coinbase
