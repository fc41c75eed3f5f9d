// Who may come in at the ports of a configuration, and who they say they are: its tokens and its certificate, made into what the
// servers ask.
#pragma once

#include <bowline/result.hpp>
#include <memory>

#include "config/run_config.hpp"
#include "edge/access.hpp"
#include "edge/tls_identity.hpp"

namespace bowline::cli {

/// Null where the configuration names no tokens: nobody is asked. The secrets are read anew, and looked at again. Errors: SECRET_*,
/// CONFIG_TOKEN_*.
Result<std::shared_ptr<edge::AccessCheck>> access_of(const config::RunConfig& config);

/// Null where the configuration has no listen.tls. Errors: SECRET_*, EDGE_TLS_CERTIFICATE, EDGE_TLS_KEY.
Result<std::shared_ptr<edge::TlsIdentity>> identity_of(const config::RunConfig& config);

}  // namespace bowline::cli
