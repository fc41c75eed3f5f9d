// The key that signs the receipts of liquidations (trading rules 3.6): Ed25519. Its text comes from a secret and goes nowhere: what
// is kept of it lies in memory that no core dump holds and that is wiped at the end.
#pragma once

#include <array>
#include <bowline/result.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace bowline::store {

class ReceiptKey {
 public:
  /// Of a private key in PEM (PKCS 8, "BEGIN PRIVATE KEY"), without a passphrase, as `openssl genpkey -algorithm ed25519` writes
  /// it. Errors: SECRET_RECEIPT_KEY, which says nothing of the text.
  static Result<ReceiptKey> from_pem(std::string_view pem);
  ReceiptKey(ReceiptKey&&) noexcept;
  ReceiptKey& operator=(ReceiptKey&&) noexcept;
  ~ReceiptKey();

  /// The signature's 128 hex digits; the same for the same bytes. Empty only when OpenSSL itself can't (no memory). [core thread]
  std::string sign(std::string_view bytes) const;
  /// The first 16 hex digits of the SHA-256 over the public key's 32 bytes: names the key, proves nothing.
  const std::string& id() const noexcept { return id_; }

 private:
  class Guarded;
  explicit ReceiptKey(std::unique_ptr<Guarded> seed);
  std::unique_ptr<Guarded> seed_;
  std::string id_;
};

using PublicKey = std::array<unsigned char, 32>;

/// Of an Ed25519 public key in PEM ("BEGIN PUBLIC KEY"). Errors: RECEIPT_KEY.
Result<PublicKey> public_key_from_pem(std::string_view pem);
/// See ReceiptKey::id().
std::string key_id(const PublicKey& key);
/// Whether the 128 hex digits are this key's signature over the bytes.
bool signed_by(const PublicKey& key, std::string_view bytes, std::string_view signature);

}  // namespace bowline::store
