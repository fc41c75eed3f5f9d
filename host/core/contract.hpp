// Three words for what must hold: expects (pre-condition), ensures (post-condition), invariant. They stay on in
// release builds where money is touched: an impossible state stops the process with a message.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace bowline::core::detail {
[[noreturn]] inline void broken(const char* kind, const char* what, const char* file, int line) noexcept {
  std::fprintf(stderr, "bowline: %s broken at %s:%d: %s\n", kind, file, line, what);
  std::abort();
}
}  // namespace bowline::core::detail

// Macros only because the text of the condition and its place belong in the message.
#define BOWLINE_EXPECTS(c) \
  ((c) ? static_cast<void>(0) : ::bowline::core::detail::broken("pre-condition", #c, __FILE__, __LINE__))
#define BOWLINE_ENSURES(c) \
  ((c) ? static_cast<void>(0) : ::bowline::core::detail::broken("post-condition", #c, __FILE__, __LINE__))
#define BOWLINE_INVARIANT(c) \
  ((c) ? static_cast<void>(0) : ::bowline::core::detail::broken("invariant", #c, __FILE__, __LINE__))
