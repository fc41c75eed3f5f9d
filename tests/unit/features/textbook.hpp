// Every feature again, slowly, from its textbook: whole series, two passes, no state. Shares no code with the
// host.
#pragma once

#include <bowline/plugin.h>

#include <map>
#include <string>
#include <vector>

namespace bowline::features::test {

using Series = std::vector<double>;  // one value per bar, NaN where history is too short
std::map<std::string, Series> textbook(const std::vector<bl_bar>& bars);

}  // namespace bowline::features::test
