#include "exchange/server/authority.hpp"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace bowline::exchange {
namespace {

constexpr long hour = 3600, life = 30 * 24 * hour;

struct Free {
  void operator()(BIO* p) const noexcept { BIO_free(p); }
  void operator()(X509* p) const noexcept { X509_free(p); }
  void operator()(X509_EXTENSION* p) const noexcept { X509_EXTENSION_free(p); }
  void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
};
template <class T>
using Own = std::unique_ptr<T, Free>;

struct Pair {
  Own<EVP_PKEY> key;
  Own<X509> certificate;
};

Error failed(std::string_view what) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return {"CERTIFICATE_FAILED", std::string(what) + (reason != nullptr ? std::string(": ") + reason : std::string())};
}

bool extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX ctx;
  X509V3_set_ctx_nodb(&ctx);
  X509V3_set_ctx(&ctx, issuer, certificate, nullptr, nullptr, 0);
  const Own<X509_EXTENSION> e(X509V3_EXT_conf_nid(nullptr, &ctx, nid, value.c_str()));
  return e && X509_add_ext(certificate, e.get(), -1) == 1;
}

bool number(X509* certificate) {  // a serial that no other certificate of a name like this has
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  bytes[0] &= 0x7f;
  BIGNUM* n = BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr);
  const bool good = n != nullptr && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(n);
  return good;
}

/// `by` nullptr: it signs itself, and is an authority. `names` as OpenSSL wants them: "DNS:localhost,IP:127.0.0.1".
Result<Pair> make(const char* name, const std::string& names, const Pair* by, std::int64_t now_s, long from, long until) {
  Pair made;
  made.key.reset(EVP_EC_gen("P-256"));
  made.certificate.reset(X509_new());
  X509* const x = made.certificate.get();
  if (!made.key || x == nullptr) return failed("no key could be made");
  X509* const issuer = by != nullptr ? by->certificate.get() : x;
  const bool authority = by == nullptr;
  time_t now = static_cast<time_t>(now_s);
  X509_NAME* const subject = X509_get_subject_name(x);
  const bool good =
      X509_set_version(x, X509_VERSION_3) == 1 && number(x) && X509_time_adj(X509_getm_notBefore(x), from, &now) != nullptr &&
      X509_time_adj(X509_getm_notAfter(x), until, &now) != nullptr && X509_set_pubkey(x, made.key.get()) == 1 &&
      X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name), -1, -1, 0) == 1 &&
      X509_set_issuer_name(x, X509_get_subject_name(issuer)) == 1 &&
      extend(x, issuer, NID_basic_constraints, authority ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE") &&
      extend(x, issuer, NID_key_usage, authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature") &&
      extend(x, issuer, NID_subject_key_identifier, "hash") && extend(x, issuer, NID_authority_key_identifier, "keyid") &&
      (authority || (extend(x, issuer, NID_ext_key_usage, "serverAuth") && extend(x, issuer, NID_subject_alt_name, names))) &&
      X509_sign(x, by != nullptr ? by->key.get() : made.key.get(), EVP_sha256()) != 0;
  if (!good) return failed("no certificate could be made");
  return made;
}

std::string text_of(BIO* bio) {
  char* at = nullptr;
  const long n = BIO_get_mem_data(bio, &at);
  return n > 0 ? std::string(at, static_cast<std::size_t>(n)) : std::string();
}
std::string pem(X509* certificate) {
  const Own<BIO> bio(BIO_new(BIO_s_mem()));
  return bio && PEM_write_bio_X509(bio.get(), certificate) == 1 ? text_of(bio.get()) : std::string();
}
std::string pem(EVP_PKEY* key) {
  const Own<BIO> bio(BIO_new(BIO_s_mem()));
  return bio && PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1 ? text_of(bio.get()) : std::string();
}

/// "DNS:..." or "IP:..."; empty when it is no name. Letters, digits, dots, hyphens and a star, so that nothing in it means more to OpenSSL.
std::string entry_of(const std::string& name) {
  std::array<unsigned char, 16> bytes{};
  if (::inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 || ::inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1) return "IP:" + name;
  const bool good = !name.empty() && name.size() < 254 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '*';
  });
  return good ? "DNS:" + name : std::string();
}

}  // namespace

std::optional<CertificateFault> certificate_fault(std::string_view name) noexcept {
  static constexpr auto all = std::to_array<std::pair<std::string_view, CertificateFault>>({{"good", CertificateFault::none},
                                                                                            {"expired", CertificateFault::expired},
                                                                                            {"wrong_name", CertificateFault::wrong_name},
                                                                                            {"other_authority", CertificateFault::other_authority}});
  for (const auto& [text, fault] : all)
    if (text == name) return fault;
  return std::nullopt;
}

Result<Identity> make_identity(const std::vector<std::string>& names, CertificateFault fault, std::int64_t now_s) {
  std::string all = "DNS:localhost,IP:127.0.0.1,IP:::1";
  for (const std::string& n : names) {
    const std::string entry = entry_of(n);
    if (entry.empty()) return Error{"CERTIFICATE_NAME", "a certificate can't be for \"" + n + "\": neither a host name nor an address"};
    all += "," + entry;
  }
  if (fault == CertificateFault::wrong_name) all = "DNS:elsewhere.invalid";
  auto authority = make("Bowline venue authority", "", nullptr, now_s, -hour, life);
  if (!authority) return std::move(authority).error();
  auto other = make("Bowline venue authority", "", nullptr, now_s, -hour, life);
  if (!other) return std::move(other).error();
  const Pair& signs = fault == CertificateFault::other_authority ? *other : *authority;
  const bool expired = fault == CertificateFault::expired;
  auto server = make("Bowline venue", all, &signs, now_s, expired ? -2 * hour : -hour, expired ? -hour : life);
  if (!server) return std::move(server).error();
  Identity out{pem(authority->certificate.get()), pem(server->certificate.get()), pem(server->key.get())};
  if (out.authority_pem.empty() || out.certificate_pem.empty() || out.key_pem.empty()) return failed("a certificate could not be written");
  return out;
}

}  // namespace bowline::exchange
