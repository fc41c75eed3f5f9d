#include "cli/receipt.hpp"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/verbs.hpp"
#include "core/exit_codes.hpp"
#include "store/journal_snapshot.hpp"
#include "store/receipt.hpp"

namespace bowline::cli {
namespace {

namespace fs = std::filesystem;

Result<std::string> read_file(const fs::path& file, const char* what) {
  std::error_code ec;
  const auto size = fs::is_regular_file(file, ec) ? fs::file_size(file, ec) : 0;
  std::ifstream in(file, std::ios::binary);
  if (!in || ec || size == 0 || size > 64u << 20)
    return Error{"RECEIPT_FILE", file.string() + " can't be read as " + what + ": name a file that is not empty"};
  return std::string(std::istreambuf_iterator<char>(in), {});
}

/// A copy, since a host that is alive lets nobody else open its journal.
Result<std::uint64_t> row_of(const fs::path& journal, const std::string& receipt) {
  std::string scratch = (fs::temp_directory_path() / "bowline-receipt-XXXXXX").string();
  if (::mkdtemp(scratch.data()) == nullptr) return Error{"JOURNAL_OPEN", "no folder can be made below " + fs::temp_directory_path().string()};
  const auto copy = store::copy_journal(journal, scratch);
  const auto row = copy ? store::receipt_row(*copy, receipt) : Result<std::uint64_t>(copy.error());
  std::error_code ignored;
  fs::remove_all(scratch, ignored);
  if (!row && row.error().code == "RECEIPT_NOT_IN_JOURNAL")
    return Error{row.error().code, "journal " + journal.string() + " has no such receipt: it is of another run, or was changed"};
  return row;
}

Result<nlohmann::ordered_json> checked(const ReceiptCheck& c) {
  if (c.public_key.empty() && c.journal.empty())
    return Error{"USAGE_RECEIPT", "say by what: --public-key FILE for its signature, --in-journal for the journal of --var, or both"};
  const auto receipt = read_file(c.receipt, "a receipt");
  if (!receipt) return receipt.error();
  const auto facts = store::receipt_facts(*receipt);
  if (!facts) return facts.error();
  nlohmann::ordered_json told{{"id", facts->id}, {"phase", facts->phase}, {"journal_head", facts->journal_head}, {"signed_by", nullptr}, {"journal_row", nullptr}};
  if (!c.public_key.empty()) {
    const auto pem = read_file(c.public_key, "a public key");
    if (!pem) return pem.error();
    const auto key = store::public_key_from_pem(*pem);
    if (!key) return key.error();
    if (const auto ok = store::verify_receipt(*receipt, *key); !ok) return ok.error();
    told["signed_by"] = store::key_id(*key);
  }
  if (!c.journal.empty()) {
    const auto row = row_of(c.journal, *receipt);
    if (!row) return row.error();
    told["journal_row"] = *row;
  }
  return told;
}

}  // namespace

int check_receipt(const ReceiptCheck& c) {
  const auto told = checked(c);
  if (!told) return fail(told.error());
  if (c.json) {
    std::printf("%s\n", told->dump(2).c_str());
    return core::exit_code::ok;
  }
  std::printf("receipt of liquidation %s, %s\n", told->at("id").get_ref<const std::string&>().c_str(), told->at("phase").get_ref<const std::string&>().c_str());
  if (told->at("signed_by").is_string()) std::printf("signed by the key %s, and not a letter is another\n", told->at("signed_by").get_ref<const std::string&>().c_str());
  else std::printf("its signature was not looked at\n");
  if (told->at("journal_row").is_number()) std::printf("it is row %llu of the journal, and the chain is whole up to there\n", static_cast<unsigned long long>(told->at("journal_row").get<std::uint64_t>()));
  return core::exit_code::ok;
}

}  // namespace bowline::cli
