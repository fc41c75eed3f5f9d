// Whether a liquidation's receipt is what the host wrote: by its signature, by the journal, or both. No host is asked.
#pragma once

#include <filesystem>

namespace bowline::cli {

struct ReceiptCheck {
  std::filesystem::path receipt;
  std::filesystem::path public_key;  ///< PEM; empty: the signature is not looked at
  std::filesystem::path journal;     ///< empty: nor the journal
  bool json = false;
};

/// Checks what is named, tells it, and gives the exit code: 0 when all of it holds.
int check_receipt(const ReceiptCheck& check);

}  // namespace bowline::cli
