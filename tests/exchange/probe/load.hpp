// Orders as fast as they are answered, over several connections.
#pragma once

#include <string>

namespace venue_probe {

/// How each order gets its token.
enum class Tokens {
  one,    ///< one of each key for all orders
  each,   ///< a new one for each order, signed before it is sent
  ahead,  ///< a new one for each order, all signed before the clock starts: the time is the venue's alone
};

struct Load {
  std::string ca;
  int port = 0;
  std::string buys, sells;  ///< key files: of who buys, and of who sells
  int connections = 1, orders = 1;
  Tokens tokens = Tokens::one;
};

/// Each connection sends buys and sells of one size at one price in turn, and waits for each answer. Prints how many were accepted, the
/// rate, the times to the answer and the processor time. 0: all were accepted.
int run_load(const Load& load);

}  // namespace venue_probe
