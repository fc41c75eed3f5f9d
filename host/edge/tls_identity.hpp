// Who a server is over TLS: its certificate and key, read anew when the file of the certificate changes.
#pragma once

#include <openssl/ssl.h>

#include <bowline/result.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace bowline::edge {

/// Where both come from. The key's text is only lent, for the length of the call.
struct TlsFiles {
  std::string certificate{};  ///< PEM: the host's own first, then those that lead to its authority
  std::function<Result<void>(const std::function<void(std::string_view pem)>&)> key{};
};

struct FreeSsl {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};
using OwnedSsl = std::unique_ptr<SSL, FreeSsl>;

/// May be shared by servers of one IoThread.
class TlsIdentity {
 public:
  /// Errors: EDGE_TLS_CERTIFICATE, EDGE_TLS_KEY, and those of `files.key`.
  static Result<std::shared_ptr<TlsIdentity>> make(TlsFiles files);

  /// For one accepted connection, TLS 1.2 or 1.3; null: no memory. Connections that are there keep what they began with. [I/O thread]
  OwnedSsl fresh() const;
  /// Looks once a second whether the certificate's file is another one, and reads both anew then. What is told is for the log: that it was
  /// read (EDGE_TLS_RENEWED), why it could not be (once for each change; what was there before stays, and it is tried again), that it has
  /// passed its end (EDGE_TLS_EXPIRED, once). [I/O thread]
  std::optional<Error> look(std::chrono::steady_clock::time_point now);

 private:
  struct FreeContext {
    void operator()(SSL_CTX* c) const noexcept { SSL_CTX_free(c); }
  };
  using Context = std::unique_ptr<SSL_CTX, FreeContext>;
  struct Stamp {  // of a file: another one, or another content
    std::int64_t changed_ns = 0, size = -1;
    std::uint64_t inode = 0;
    bool operator==(const Stamp&) const = default;
  };
  explicit TlsIdentity(TlsFiles files) : files_(std::move(files)) {}
  Result<Context> read() const;
  static Stamp stamp_of(const std::string& file);

  TlsFiles files_;
  Context context_;
  Stamp stamp_;
  std::string failed_as_;  // what the last try said; empty: it went well
  bool expired_told_ = false;
  std::chrono::steady_clock::time_point looked_{};
};

}  // namespace bowline::edge
