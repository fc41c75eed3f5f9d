// The journal's hash chain: each row's hash is over the hash before it and the row itself.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <string>
#include <string_view>

#include "core/contract.hpp"
#include "core/types.hpp"

namespace bowline::store {

using Digest = std::array<unsigned char, 32>;

/// Lower-case hex digits.
std::string hex(const Digest& digest);

/// One row: what happened, in one canonical line of text.
struct JournalLine {
  std::string kind, payload;
  core::Nanos time = 0;
};

/// SHA-256(previous || kind || time || payload), each text with its length in front. One thread.
class Chain {
  EVP_MD_CTX* ctx_ = EVP_MD_CTX_new();
  EVP_MD* md_ = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  Digest head_{};

 public:
  Chain() { BOWLINE_INVARIANT(ctx_ != nullptr && md_ != nullptr); }
  ~Chain() {
    EVP_MD_free(md_);
    EVP_MD_CTX_free(ctx_);
  }
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;
  const Digest& head() const noexcept { return head_; }
  void reset(const Digest& d) noexcept { head_ = d; }
  /// The head after this row; the chain itself stays where it is.
  Digest next(std::string_view kind, core::Nanos time, std::string_view payload) const;
  Digest next(const JournalLine& row) const { return next(row.kind, row.time, row.payload); }
};

}  // namespace bowline::store
