#include "store/receipt.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <vector>

#include "store/journal_file.hpp"
#include "store/operator_rows.hpp"

namespace bowline::store {
namespace {

using nlohmann::json;

constexpr std::string_view first_line = "bowline liquidation receipt 1\n";

Error unreadable(std::string why) { return {"RECEIPT_READ", "that is no receipt of a liquidation: " + std::move(why)}; }

/// A key that stands there twice has two meanings: which one was signed nobody could see.
Result<json> read(std::string_view text) {
  std::vector<std::set<std::string>> open;
  bool twice = false, fraction = false;
  const auto look = [&](int, json::parse_event_t event, json& value) {
    if (event == json::parse_event_t::object_start) open.emplace_back();
    if (event == json::parse_event_t::object_end) open.pop_back();
    if (event == json::parse_event_t::key) twice = !open.back().insert(value.get<std::string>()).second || twice;
    if (event == json::parse_event_t::value) fraction = fraction || value.is_number_float();
    return true;
  };
  json parsed = json::parse(text, look, false);
  if (!parsed.is_object()) return unreadable("it is no JSON object");
  if (twice) return unreadable("a key stands in it twice");
  if (fraction) return unreadable("a number in it has a point or an exponent");
  for (const char* key : {"id", "phase", "journal_head"})
    if (const auto it = parsed.find(key); it == parsed.end() || !it->is_string()) return unreadable(std::string("it has no ") + key);
  return parsed;
}

Result<std::string> bytes_of(json receipt) {
  receipt.erase("signature");
  receipt.erase("replayed");
  try {
    return std::string(first_line) + receipt.dump();
  } catch (const json::exception&) {
    return unreadable("its text is no UTF-8");
  }
}

std::string with(std::string receipt, std::string_view members) {
  receipt.pop_back();
  return receipt.append(members).append("}");
}

}  // namespace

Result<std::string> signed_bytes(std::string_view receipt) {
  auto read_ = read(receipt);
  if (!read_) return read_.error();
  return bytes_of(std::move(*read_));
}

std::string sealed(std::string receipt, const ReceiptKey* key) {
  constexpr std::string_view unsigned_ = R"(,"signed":false,"signature":null)";
  if (key == nullptr) return with(std::move(receipt), unsigned_);
  const auto bytes = signed_bytes(with(receipt, R"(,"signed":true)"));
  const std::string signature = bytes ? key->sign(*bytes) : std::string();
  if (signature.empty()) return with(std::move(receipt), unsigned_);
  return with(std::move(receipt),
              R"(,"signed":true,"signature":{"algorithm":"Ed25519","key_id":")" + key->id() + R"(","value":")" + signature + R"("})");
}

bool is_signed(std::string_view text) {
  const json receipt = json::parse(text, nullptr, false);
  return receipt.is_object() && receipt.value("signed", json(false)) == json(true) && receipt.contains("signature") && receipt["signature"].is_object();
}

Result<ReceiptFacts> receipt_facts(std::string_view receipt) {
  const auto r = read(receipt);
  if (!r) return r.error();
  ReceiptFacts facts{r->at("id"), r->at("phase"), r->at("journal_head"), {}};
  if (const auto s = r->find("signature"); s != r->end() && s->is_object())
    if (const auto k = s->find("key_id"); k != s->end() && k->is_string()) facts.key_id = *k;
  return facts;
}

Result<void> verify_receipt(std::string_view receipt, const PublicKey& key) {
  const auto r = read(receipt);
  if (!r) return r.error();
  const auto says = r->find("signed"), told = r->find("signature");
  if (says == r->end() || *says != json(true) || told == r->end() || !told->is_object())
    return Error{"RECEIPT_UNSIGNED", "the receipt is not signed: only the journal can prove it"};
  const auto algorithm = told->find("algorithm"), value = told->find("value");
  if (algorithm == told->end() || *algorithm != json("Ed25519") || value == told->end() || !value->is_string())
    return Error{"RECEIPT_SIGNATURE", "the receipt's signature is none of Ed25519"};
  const auto bytes = bytes_of(*r);
  if (!bytes) return bytes.error();
  if (!signed_by(key, *bytes, value->get_ref<const std::string&>()))
    return Error{"RECEIPT_SIGNATURE", "the signature is not this key's (" + key_id(key) + "), or the receipt is not what was signed"};
  return {};
}

Result<std::uint64_t> receipt_row(const std::filesystem::path& journal, std::string_view receipt) {
  const auto wanted = read(receipt);
  if (!wanted) return wanted.error();
  const auto bytes = bytes_of(*wanted);
  if (!bytes) return bytes.error();
  auto file = JournalFile::open(journal);
  if (!file) return file.error();
  std::string before = hex(file->head());
  for (;;) {
    const auto more = file->next();
    if (!more) return more.error();
    if (!*more) break;
    const JournalRow& row = file->row();
    if (row.kind == journal_kind::emergency) {
      const auto kept = read_emergency(row.payload);
      if (!kept) return kept.error();
      const auto theirs = kept->event == "begun" ? Result<std::string>(std::string()) : signed_bytes(kept->receipt);
      if (theirs && *theirs == *bytes && wanted->at("journal_head") == json(before)) return row.row;
    }
    before = hex(file->head());
  }
  return Error{"RECEIPT_NOT_IN_JOURNAL", "journal " + journal.string() + " has no such receipt: it is of another run, was not written when the copy was "
                                         "made, or was changed"};
}

}  // namespace bowline::store
