// What all parts of the broker share.
#pragma once

#include <utility>

#include "catalogue.hpp"
#include "later.hpp"
#include "orders.hpp"
#include "params.hpp"
#include "say.hpp"
#include "session.hpp"

namespace bowline::broker_coinbase {

struct Kit {
  const Host& host;
  const Options& options;
  Later later;
  Backoff backoff;
  Catalogue catalogue;
  Orders orders;
  Say say;
  Session session;

  Kit(const Host& h, const Options& o, coinbase::Credentials credentials)
      : host(h),
        options(o),
        later(h),
        backoff(o.seed, o.backoff_first_ns, o.backoff_most_ns),
        catalogue(h),
        say(h, catalogue, orders),
        session(h, o, later, backoff, std::move(credentials)) {}
  Kit(const Kit&) = delete;
  Kit& operator=(const Kit&) = delete;
};

/// What a question that failed means for whoever asked the broker.
inline bl_status status_of(const coinbase::Outcome& o) noexcept {
  switch (o.verdict) {
    case coinbase::Verdict::done: return BL_OK;
    case coinbase::Verdict::unauthorised: return BL_E_AUTH;
    case coinbase::Verdict::throttled: return BL_E_AGAIN;
    case coinbase::Verdict::refused: return BL_E_INVALID;
    case coinbase::Verdict::denied:
    case coinbase::Verdict::unknown: break;
  }
  return BL_E_IO;
}

}  // namespace bowline::broker_coinbase
