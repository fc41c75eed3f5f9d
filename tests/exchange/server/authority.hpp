// The venue's own certificate authority, made anew at each start: P-256 keys that exist in memory alone, and one certificate for the
// server. Whoever is to trust the venue is given the authority's certificate, as a file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/result.hpp>

namespace bowline::exchange {

/// What is wrong with the server's certificate, for clients that have to notice.
enum class CertificateFault : std::uint8_t {
  none,
  expired,          ///< it ended an hour ago
  wrong_name,       ///< it is for another host
  other_authority,  ///< another authority has signed it than the one whose certificate is handed out
};
/// "good", "expired", "wrong_name", "other_authority"; none for another text.
std::optional<CertificateFault> certificate_fault(std::string_view name) noexcept;

struct Identity {
  std::string authority_pem;    ///< for the clients
  std::string certificate_pem;  ///< the server's, and of its authority nothing: clients have it
  std::string key_pem;          ///< the server's private key: never to be written down
};

/// `names`: host names and IP addresses for which the server stands, beside localhost, 127.0.0.1 and ::1. Valid from an hour before
/// `now_s` (seconds since 1970) for 30 days. CERTIFICATE_NAME (a name that is none), CERTIFICATE_FAILED (OpenSSL's words).
Result<Identity> make_identity(const std::vector<std::string>& names, CertificateFault fault, std::int64_t now_s);

}  // namespace bowline::exchange
