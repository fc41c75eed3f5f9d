// How the parts of a run feel that trading depends on: the components of /health, and what keeps entries back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "observe/health.hpp"
#include "services/runtime/run.hpp"

namespace bowline::services {

/// A feed as an observer sees it. Stale: it delivers nothing for longer than two bars and the delay a bar may have, or says
/// itself that its data are not up.
enum class FeedCondition { up, stale, ended, failed };
FeedCondition condition(const FeedReader& feed, std::int64_t now_ns, std::int64_t stale_after_ns);

struct Component {
  std::string name;
  observe::Health status = observe::Health::Ok;
  std::string code, text;  ///< empty while all is well; never an amount
};

/// The components that belong on one service's board. [core thread]
std::vector<Component> components(const RunParts& parts, std::string_view service);
/// Codes of what keeps entries back now; empty: they may be placed. [core thread]
std::vector<std::string> trading_obstacles(const RunParts& parts);

}  // namespace bowline::services
