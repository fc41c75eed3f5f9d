#include "exchange/face/brokerage.hpp"

#include <algorithm>

#include "exchange/face/routes.hpp"

namespace bowline::exchange {
namespace {

constexpr std::int64_t second = 1'000'000'000;

}  // namespace

struct Brokerage::Parts {
  Engine& engine;
  TokenGate& gate;
  FaceOptions options;
  MarketStats stats{engine, options};
  std::uint64_t previews = 0;

  Parts(Engine& e, TokenGate& g, FaceOptions o) : engine(e), gate(g), options(std::move(o)) {}

  /// Who asks. `no` is the refusal of who may not.
  const KeyHolder* admit(const WebRequest& request, const Target& target, Access access, std::int64_t now_ns, std::optional<WebReply>& no) const {
    const std::string_view host = find_header(request.headers, "Host").value_or("");
    const bool legacy = find_header(request.headers, "CB-ACCESS-KEY").has_value();
    const Admission a = gate.check({request.method, host, target.path, access == Access::open, legacy},
                                   find_header(request.headers, "Authorization"), now_ns / second);
    if (!a.ok()) {
      no = unauthorised(name(a.fault));
      return nullptr;
    }
    if (access == Access::open) return nullptr;
    const KeyHolder* holder = nullptr;
    if (options.holders != nullptr)
      if (const auto it = options.holders->find(a.key_name); it != options.holders->end()) holder = &it->second;
    if (holder == nullptr || engine.user(holder->user) == nullptr) {
      no = unauthorised("no_holder");
      return nullptr;
    }
    if ((access == Access::view && !holder->can_view) || (access == Access::trade && !holder->can_trade)) no = missing_scopes();
    return holder;
  }
};

Brokerage::Brokerage(Engine& engine, TokenGate& gate, FaceOptions options)
    : parts_(std::make_unique<Parts>(engine, gate, std::move(options))) {}
Brokerage::~Brokerage() = default;

WebReply Brokerage::answer(const WebRequest& request, std::int64_t now_ns) {
  Parts& p = *parts_;
  p.engine.advance(now_ns);
  now_ns = p.engine.now();  // it never steps back
  auto target = split_target(request.target);
  if (!target) return refuse(400, wire::invalid_argument, "the request target is invalid");
  RouteMatch match = find_route(request.method, target->segments);
  if (match.route == nullptr && match.allowed.empty()) return not_found("Not Found");
  if (match.route == nullptr) {
    WebReply reply = refuse(405, "METHOD_NOT_ALLOWED", "Method Not Allowed");
    reply.headers.emplace_back("Allow", match.allowed);
    return reply;
  }
  std::optional<WebReply> no;
  const KeyHolder* holder = p.admit(request, *target, match.route->access, now_ns, no);
  if (no) return *no;
  Call call{p.engine, p.options, p.stats, p.previews, match.ids, target->query, request.body, now_ns, holder};
  return match.route->answer(call);
}

}  // namespace bowline::exchange
