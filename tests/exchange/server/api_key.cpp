#include "exchange/server/api_key.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <vector>

#include "exchange/server/files.hpp"

namespace bowline::exchange {
namespace {

constexpr std::size_t half = 32;  // bytes of Ed25519's seed, and of its public key

struct Free {
  void operator()(BIO* p) const noexcept { BIO_free(p); }
  void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;

std::string text_of(BIO* bio) {
  char* at = nullptr;
  const long n = BIO_get_mem_data(bio, &at);
  return n > 0 ? std::string(at, static_cast<std::size_t>(n)) : std::string();
}

std::string public_pem(EVP_PKEY* key) {
  const std::unique_ptr<BIO, Free> bio(BIO_new(BIO_s_mem()));
  return bio && PEM_write_bio_PUBKEY(bio.get(), key) == 1 ? text_of(bio.get()) : std::string();
}

std::string private_text(EVP_PKEY* key, KeyKind kind) {
  if (kind == KeyKind::p256) {
    const std::unique_ptr<BIO, Free> bio(BIO_new(BIO_s_mem()));
    return bio && PEM_write_bio_PrivateKey_traditional(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1 ? text_of(bio.get())
                                                                                                                  : std::string();
  }
  std::array<unsigned char, 2 * half> both{};
  std::size_t n = half, m = half;
  if (EVP_PKEY_get_raw_private_key(key, both.data(), &n) != 1 || EVP_PKEY_get_raw_public_key(key, both.data() + half, &m) != 1) return {};
  std::array<unsigned char, 4 * ((2 * half + 2) / 3) + 1> text{};
  const int length = EVP_EncodeBlock(text.data(), both.data(), static_cast<int>(both.size()));
  return std::string(reinterpret_cast<char*>(text.data()), static_cast<std::size_t>(length));
}

Key private_key(const std::string& text) {
  if (text.find("-----BEGIN") != std::string::npos) {
    const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    return Key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr) : nullptr);
  }
  std::vector<unsigned char> bytes(text.size() + 3);
  const int n = EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (n < static_cast<int>(2 * half)) return nullptr;  // padding counts as bytes
  return Key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes.data(), half));
}

Error wrong(const std::string& why) { return {"API_KEY_FILE", why}; }

}  // namespace

std::optional<KeyKind> key_kind(std::string_view name) noexcept {
  if (name == "es256") return KeyKind::p256;
  if (name == "ed25519") return KeyKind::ed25519;
  return std::nullopt;
}

Result<MadeKey> make_api_key(const std::string& name, KeyKind kind) {
  const Key key(kind == KeyKind::p256 ? EVP_EC_gen("P-256") : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (!key) return Error{"API_KEY_FAILED", "no key could be made"};
  nlohmann::ordered_json file{{"name", name}, {"privateKey", private_text(key.get(), kind)}};
  return MadeKey{{name, public_pem(key.get())}, file.dump(2) + "\n"};
}

Result<ApiKey> read_api_key(std::string_view file_text) {
  const auto file = nlohmann::json::parse(file_text, nullptr, false);
  if (!file.is_object()) return wrong("it is no JSON object");
  const auto text = [&](const char* key) { return file.contains(key) && file[key].is_string() ? file[key].get<std::string>() : std::string(); };
  const std::string name = !text("name").empty() ? text("name") : text("id");
  if (name.empty()) return wrong("it has no name");
  const Key key = private_key(text("privateKey"));
  ERR_clear_error();
  if (!key) return wrong("its privateKey is neither a PEM nor the base64 of an Ed25519 key");
  return ApiKey{name, public_pem(key.get())};
}

Result<ApiKey> keep_api_key(const std::string& path, const std::string& name, KeyKind kind) {
  const auto there = read_file(path);
  if (there) {
    auto key = read_api_key(*there);
    if (!key) return wrong(path + ": " + key.error().message);
    if (!name.empty() && name != key->name) return wrong(path + ": it is the key " + key->name + ", and not " + name);
    return key;
  }
  if (there.error().code != "FILE_ABSENT") return wrong(there.error().message);
  if (name.empty()) return wrong(path + ": a new key needs a name");
  auto made = make_api_key(name, kind);
  if (!made) return std::move(made).error();
  if (auto ok = write_file(path, made->file_text, 0600); !ok) return wrong(ok.error().message);
  return std::move(made->key);
}

}  // namespace bowline::exchange
