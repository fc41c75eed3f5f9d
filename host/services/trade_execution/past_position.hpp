// What an earlier process held, change by change: the rules are told of it between the bars of then (execution_restore.cpp).
#pragma once

#include "core/portfolio.hpp"
#include "core/types.hpp"

namespace bowline::services {

struct PastPosition {
  core::InstrumentId instrument;
  core::Position position;
  core::Nanos time;
};

}  // namespace bowline::services
