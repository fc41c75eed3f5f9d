#include "edge/tls_identity.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

namespace bowline::edge {
namespace {

constexpr std::chrono::seconds look_every{1};

std::string words_of_openssl() {
  const unsigned long code = ERR_get_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  ERR_clear_error();
  return reason != nullptr ? reason : "it cannot be read";
}

// A key with a password is refused, never asked about on a terminal.
int no_password(char*, int, int, void*) { return -1; }

}  // namespace

TlsIdentity::Stamp TlsIdentity::stamp_of(const std::string& file) {
  struct ::stat is{};
  if (::stat(file.c_str(), &is) != 0) return {};
  return {std::int64_t{is.st_mtim.tv_sec} * 1'000'000'000 + is.st_mtim.tv_nsec, is.st_size, is.st_ino};
}

Result<TlsIdentity::Context> TlsIdentity::read() const {
  ERR_clear_error();
  Context c(SSL_CTX_new(TLS_server_method()));
  if (!c) return Error{"EDGE_TLS_CERTIFICATE", "no memory for TLS"};
  SSL_CTX_set_min_proto_version(c.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(c.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_CLEANSE_PLAINTEXT);
  // Of TLS 1.2 what has forward secrecy and authenticates what it encrypts; 1.3 has nothing else.
  SSL_CTX_set_cipher_list(c.get(), "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_mode(c.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(c.get(), SSL_SESS_CACHE_OFF);  // tickets are enough
  SSL_CTX_set_session_id_context(c.get(), reinterpret_cast<const unsigned char*>("bowline"), 7);
  if (SSL_CTX_use_certificate_chain_file(c.get(), files_.certificate.c_str()) != 1)
    return Error{"EDGE_TLS_CERTIFICATE", "the certificate " + files_.certificate + " cannot be used: " + words_of_openssl() +
                                             "; PEM is needed, the host's own certificate first"};
  Result<void> key = Error{"EDGE_TLS_KEY", "there is none"};
  const auto asked = files_.key([&](std::string_view pem) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> read(in ? PEM_read_bio_PrivateKey(in.get(), nullptr, no_password, nullptr) : nullptr,
                                                                   EVP_PKEY_free);
    if (!read) key = Error{"EDGE_TLS_KEY", "the key of listen.tls is no private key in PEM without a password"};
    else if (SSL_CTX_use_PrivateKey(c.get(), read.get()) != 1 || SSL_CTX_check_private_key(c.get()) != 1)
      key = Error{"EDGE_TLS_KEY", "the key of listen.tls is not that of the certificate " + files_.certificate};
    else key = {};
  });
  ERR_clear_error();
  if (!asked) return asked.error();
  if (!key) return key.error();
  return c;
}

Result<std::shared_ptr<TlsIdentity>> TlsIdentity::make(TlsFiles files) {
  std::shared_ptr<TlsIdentity> made(new TlsIdentity(std::move(files)));
  made->stamp_ = stamp_of(made->files_.certificate);
  auto context = made->read();
  if (!context) return context.error();
  made->context_ = std::move(*context);
  return made;
}

OwnedSsl TlsIdentity::fresh() const {
  OwnedSsl ssl(SSL_new(context_.get()));
  if (ssl) SSL_set_accept_state(ssl.get());
  return ssl;
}

std::optional<Error> TlsIdentity::look(std::chrono::steady_clock::time_point now) {
  if (now - looked_ < look_every) return std::nullopt;
  looked_ = now;
  const Stamp is = stamp_of(files_.certificate);
  if (is != stamp_ || !failed_as_.empty()) {
    const bool changed = is != stamp_;
    stamp_ = is;
    auto context = read();
    if (!context) {
      // Certificate and key are seldom replaced in one moment: until they fit what was there before goes on.
      const bool same = !changed && failed_as_ == context.error().message;
      failed_as_ = context.error().message;
      if (same) return std::nullopt;
      return Error{context.error().code, context.error().message + "; what was there before is used on"};
    }
    failed_as_.clear();
    context_ = std::move(*context);
    expired_told_ = false;
    return Error{"EDGE_TLS_RENEWED", "the certificate " + files_.certificate + " was read anew"};
  }
  const X509* own = SSL_CTX_get0_certificate(context_.get());
  if (!expired_told_ && own != nullptr && X509_cmp_current_time(X509_get0_notAfter(own)) < 0) {
    expired_told_ = true;
    return Error{"EDGE_TLS_EXPIRED", "the certificate " + files_.certificate + " has passed its end: no client that looks at it comes in any more"};
  }
  return std::nullopt;
}

}  // namespace bowline::edge
