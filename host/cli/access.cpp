#include "cli/access.hpp"

#include <utility>

#include "cli/environment.hpp"
#include "config/access_token.hpp"
#include "config/secret.hpp"

namespace bowline::cli {

Result<std::shared_ptr<edge::AccessCheck>> access_of(const config::RunConfig& config) {
  const auto& t = config.listen.tokens;
  if (!t.there()) return std::shared_ptr<edge::AccessCheck>();
  edge::AccessTokens tokens;
  for (const auto& [scope, reference] : {std::pair{edge::Scope::Read, &t.read}, {edge::Scope::Trade, &t.trade}, {edge::Scope::Emergency, &t.emergency}}) {
    const auto secret = config::find_secret(*reference, environment);
    if (!secret) return secret.error();
    if (const auto fits = config::token_fits(secret->reveal()); !fits) return fits.error();
    if (tokens.scope_of(secret->reveal()) != edge::Scope::Open)
      return Error{"CONFIG_TOKEN_SHARED", "listen.tokens: two scopes have the same token: each needs its own"};
    tokens.set(scope, secret->reveal());
  }
  return std::make_shared<edge::AccessCheck>(std::move(tokens));
}

Result<std::shared_ptr<edge::TlsIdentity>> identity_of(const config::RunConfig& config) {
  const auto& t = config.listen.tls;
  if (!t.there()) return std::shared_ptr<edge::TlsIdentity>();
  return edge::TlsIdentity::make({t.certificate.string(), [reference = t.key](const std::function<void(std::string_view)>& take) -> Result<void> {
                                    const auto secret = config::find_secret(reference, environment);
                                    if (!secret) return secret.error();
                                    take(secret->reveal());
                                    return {};
                                  }});
}

}  // namespace bowline::cli
