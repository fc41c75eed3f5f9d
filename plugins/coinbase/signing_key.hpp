// The private key of an API key: it comes as text in one of many forms, and only signatures leave it.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <bowline/result.hpp>

struct evp_pkey_st;
struct evp_pkey_ctx_st;
struct evp_md_st;
struct evp_md_ctx_st;

namespace bowline::coinbase {

/// ES256 = ECDSA over P-256 with SHA-256, EdDSA = Ed25519. Which of them a key is stands in the key, never in its label.
enum class Algorithm { es256, eddsa };
/// The word of a token's header: "ES256", "EdDSA".
const char* name_of(Algorithm a) noexcept;

/// As tokens carry it: r then s, 32 bytes each (ES256), or Ed25519's own 64 bytes.
using Signature = std::array<unsigned char, 64>;

/// r and s of an ECDSA signature in DER, each filled up with zeros from the left. nullopt: no such DER, bytes behind it, or a number
/// of more than 32 bytes.
std::optional<Signature> raw_from_der(std::span<const unsigned char> der);

/// The one owner of a private key. Movable, never copied. One thread at a time. The key lies in OpenSSL's secure memory, which no core
/// dump holds; the first parse() of the process makes it.
class SigningKey {
 public:
  /// Of any form the portal and its clients use: PEM (SEC1 or PKCS 8, of P-256 or Ed25519), base64 of Ed25519's 64 bytes (seed and
  /// public key), 32 bytes (seed) or 48 bytes (PKCS 8 DER). Line ends may be written as backslash-n; blanks around lines do not matter.
  /// Errors, none of which repeats a byte of the text: COINBASE_KEY_EMPTY, COINBASE_KEY_TOO_LONG, COINBASE_KEY_PEM (broken, or no
  /// private key inside), COINBASE_KEY_ENCRYPTED, COINBASE_KEY_BASE64, COINBASE_KEY_LENGTH, COINBASE_KEY_TYPE (RSA and others),
  /// COINBASE_KEY_CURVE, COINBASE_KEY_MISMATCH (its public half belongs to another key).
  static Result<SigningKey> parse(std::string_view text);
  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;
  ~SigningKey();

  Algorithm algorithm() const noexcept { return algorithm_; }
  /// Over the message's bytes; hashes them where the algorithm asks for it. Errors: COINBASE_SIGN (OpenSSL can't: no memory).
  Result<Signature> sign(std::string_view message);
  /// The public half, PEM ("BEGIN PUBLIC KEY"); empty only when OpenSSL can't.
  std::string public_pem() const;

 private:
  struct Free {
    void operator()(evp_pkey_st* p) const noexcept;
    void operator()(evp_pkey_ctx_st* p) const noexcept;
    void operator()(evp_md_st* p) const noexcept;
    void operator()(evp_md_ctx_st* p) const noexcept;
  };
  SigningKey() = default;
  static Result<SigningKey> of(std::unique_ptr<evp_pkey_st, Free> key);
  static std::unique_ptr<evp_pkey_st, Free> of_der(std::span<const unsigned char> der);
  static Result<SigningKey> of_pem(std::string_view pem);
  static Result<SigningKey> of_base64(std::string_view text);

  Algorithm algorithm_ = Algorithm::es256;
  std::unique_ptr<evp_pkey_st, Free> key_;
  std::unique_ptr<evp_pkey_ctx_st, Free> signer_;  ///< ES256: made ready once, used for every token
  std::unique_ptr<evp_md_st, Free> sha256_;        ///< ES256: looked up once
  std::unique_ptr<evp_md_ctx_st, Free> digest_;    ///< the hash's (ES256), or the signature's (EdDSA) working memory
};

}  // namespace bowline::coinbase
