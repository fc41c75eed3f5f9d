// The receipt of a liquidation as a document (trading rules 3.6): sealed when it is over, and checked by who holds it. Which bytes
// are signed is a rule that anybody can follow without this program: docs/operations.md, "A receipt that can be checked".
#pragma once

#include <bowline/result.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "store/receipt_key.hpp"

namespace bowline::store {

/// A line of its own in front, and then the receipt's object without its members `signature` and `replayed`, as JSON with the keys
/// sorted, no blanks, and text as it is but for what JSON must escape. Errors: RECEIPT_READ (no JSON object, a key twice, a
/// number with a point, text that is no UTF-8).
Result<std::string> signed_bytes(std::string_view receipt);

/// The receipt with its members `signed` and `signature` at the end: signed by `key`; without one, or where it can't be, it says
/// that it is not signed.
std::string sealed(std::string receipt, const ReceiptKey* key);
/// Whether sealed() signed it.
bool is_signed(std::string_view sealed);

struct ReceiptFacts {
  std::string id, phase, journal_head, key_id;  ///< key_id: as the receipt says; empty: it is not signed
};
/// What a receipt says of itself, unchecked. Errors: RECEIPT_READ.
Result<ReceiptFacts> receipt_facts(std::string_view receipt);

/// Whether it is signed by that key, and not a letter of it is another. Errors: RECEIPT_READ, RECEIPT_UNSIGNED, RECEIPT_SIGNATURE.
Result<void> verify_receipt(std::string_view receipt, const PublicKey& key);

/// The number of the row that holds this very receipt in a journal whose chain is whole up to there; its journal_head is that of
/// the chain in front of the row. Errors: RECEIPT_READ, RECEIPT_NOT_IN_JOURNAL, JOURNAL_CHAIN and others of JournalFile.
Result<std::uint64_t> receipt_row(const std::filesystem::path& journal, std::string_view receipt);

}  // namespace bowline::store
