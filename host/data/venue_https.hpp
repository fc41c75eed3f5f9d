// The venue's address over the host's own HTTPS client, so that a stop need not wait for an answer.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <bowline/result.hpp>

#include "data/venue.hpp"

namespace bowline::data {

struct HttpsOptions {
  std::string base_url = "https://api.coinbase.com";
  std::string ca_file{};  ///< trusted beside the system's authorities; empty: those alone
  std::chrono::milliseconds timeout{10'000};  ///< of one request
};

/// https://host[:port] without anything behind it; http:// to this machine alone. nullopt: it is none such.
std::optional<std::string> checked_base_url(std::string_view url);

/// The certificate and the host's name are always verified.
class VenueHttps {
 public:
  /// Errors: DATA_VENUE_REFUSED (no such address may be used), DATA_FILE_UNREADABLE (the authorities).
  static Result<std::unique_ptr<VenueHttps>> open(const HttpsOptions& options);
  ~VenueHttps();
  VenueHttps(const VenueHttps&) = delete;
  VenueHttps& operator=(const VenueHttps&) = delete;

  /// What Venue needs; it borrows this object.
  VenueWorld world();
  /// [any thread] Ends what is waited for, and everything from then on.
  void stop();

 private:
  struct Impl;
  explicit VenueHttps(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bowline::data
