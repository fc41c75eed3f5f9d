#include "coinbase/secret.hpp"

#include <openssl/crypto.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace bowline::coinbase {

Secret::Secret(std::size_t capacity) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  if (capacity > static_cast<std::size_t>(-1) - page) throw std::bad_alloc();
  const std::size_t whole = (std::max<std::size_t>(capacity, 1) + page - 1) / page * page;
  void* p = ::mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) throw std::bad_alloc();
  page_ = static_cast<char*>(p);
  mapped_ = whole;
  // Both ask for more than is promised: without them the text is as safe as any other memory, and it is wiped all the same.
  static_cast<void>(::madvise(p, whole, MADV_DONTDUMP));
  static_cast<void>(::mlock(p, whole));
}

Secret Secret::copy_of(std::string_view text) {
  Secret s(text.size());
  if (!text.empty()) std::memcpy(s.page_, text.data(), text.size());
  s.size_ = text.size();
  return s;
}

void Secret::wipe() noexcept {
  if (page_ == nullptr) return;
  OPENSSL_cleanse(page_, mapped_);
  static_cast<void>(::munmap(page_, mapped_));
  page_ = nullptr;
  mapped_ = size_ = 0;
}

Secret::~Secret() { wipe(); }

Secret::Secret(Secret&& other) noexcept
    : page_(std::exchange(other.page_, nullptr)), mapped_(std::exchange(other.mapped_, 0)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  page_ = std::exchange(other.page_, nullptr);
  mapped_ = std::exchange(other.mapped_, 0);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

}  // namespace bowline::coinbase
