#include "core/identity.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace bowline::core {
namespace {

// Fields are hashed with their lengths, so that no two different lists of fields give the same bytes.
class Facts {
  unsigned char buf_[512];
  std::size_t n_ = 0;

 public:
  void add(std::uint64_t v) noexcept {
    if (n_ + 8 > sizeof buf_) return;
    std::memcpy(buf_ + n_, &v, 8);
    n_ += 8;
  }
  void add(std::string_view s) noexcept {
    add(static_cast<std::uint64_t>(s.size()));
    if (s.size() > 96) {  // long names count by their own hash
      const XXH128_hash_t h = XXH3_128bits(s.data(), s.size());
      add(h.high64);
      add(h.low64);
      return;
    }
    // By words: for a length it can't know, the compiler's own copy starts a string instruction, which costs more than
    // the hash.
    std::size_t i = 0;
    for (; i + 8 <= s.size(); i += 8) std::memcpy(buf_ + n_ + i, s.data() + i, 8);
    for (; i < s.size(); ++i) buf_[n_ + i] = static_cast<unsigned char>(s[i]);
    n_ += s.size();
  }
  Id128 hash() const noexcept {
    const XXH128_hash_t h = XXH3_128bits(buf_, n_);
    return {h.high64, h.low64};
  }
};

}  // namespace

Id128 decision_id(std::uint64_t run_seed, std::string_view symbol, Nanos time, std::string_view source,
                  std::string_view model) noexcept {
  Facts f;
  f.add(run_seed);
  f.add(static_cast<std::uint64_t>(time));
  f.add(symbol);
  f.add(source);
  f.add(model);
  return f.hash();
}

ClientOrderId client_order_id(std::uint64_t store_epoch, std::string_view account, Id128 decision, Purpose purpose,
                              std::uint32_t leg, std::uint32_t attempt) noexcept {
  Facts f;
  f.add(store_epoch);
  f.add(decision.hi);
  f.add(decision.lo);
  f.add(static_cast<std::uint64_t>(purpose));
  f.add((static_cast<std::uint64_t>(leg) << 32) | attempt);
  f.add(account);
  const Id128 h = f.hash();
  ClientOrderId id;
  id.text[0] = 'b';
  id.text[1] = 'l';
  id.text[2] = '-';
  h.hex_to(id.text.data() + 3);
  return id;
}

}  // namespace bowline::core
