#include "coinbase/order_replies.hpp"

#include <initializer_list>

#include "coinbase/error_body.hpp"
#include "coinbase/fields.hpp"

namespace bowline::coinbase {
namespace {

const Json nothing = Json::object();

Error contradicts(const char* what) { return {"COINBASE_ANSWER_CONTRADICTS", std::string("the venue's answer to ") + what + " says both yes and no, or neither"}; }

/// The first of these fields that says something; "" when none does.
std::string first_word(Fields& f, std::initializer_list<const char*> keys) {
  for (const char* key : keys)
    if (std::string s = f.text_or_empty(key); !says_nothing(s)) return one_line(s);
  return {};
}

/// What edits say in `errors`: a list of objects, or in older answers one object. The first word; "" when none says anything.
std::string edit_error(Fields& f, std::vector<std::string>* all = nullptr) {
  const Json* v = f.find("errors");
  if (v == nullptr) return {};
  const Json one = v->is_object() ? Json::array({*v}) : Json();
  const Json& list = v->is_object() ? one : *v;
  if (!list.is_array()) {
    f.unreadable("errors", "a list");
    return {};
  }
  std::string first;
  for (std::size_t i = 0; i < list.size(); ++i) {
    Fields in(list[i], place("errors", i));
    const std::string word = first_word(in, {"edit_failure_reason", "preview_failure_reason"});
    if (in.fault()) f.keep(*in.fault());
    if (word.empty()) continue;
    if (first.empty()) first = word;
    if (all) all->push_back(word);
  }
  return first;
}

PreviewReply read_preview(Fields& f) {
  PreviewReply r;
  for (auto& word : f.texts_or_empty("warning"))
    if (!says_nothing(word)) r.warnings.push_back(one_line(word));
  r.order_total = f.computed_if("order_total");
  r.commission_total = f.computed_if("commission_total");
  r.base_size = f.computed_if("base_size");
  r.quote_size = f.computed_if("quote_size");
  r.best_bid = f.computed_if("best_bid");
  r.best_ask = f.computed_if("best_ask");
  r.slippage = f.computed_if("slippage", Sign::any);
  r.average_filled_price = f.computed_if("average_filled_price");
  r.preview_id = f.text_or_empty("preview_id");
  return r;
}
/// Without an error, what the order would cost has to be there.
void need_totals(Fields& f, const PreviewReply& r) {
  if (!r.errors.empty()) return;
  if (!r.order_total) f.missing("order_total");
  if (!r.commission_total) f.missing("commission_total");
}

}  // namespace

Result<CreateReply> parse_create(std::string_view body) {
  const auto answer = read_answer(body, "a new order");
  if (!answer) return answer.error();
  Fields f(*answer, "");
  const bool success = f.flag("success");
  const Json *yes = f.find("success_response"), *no = f.find("error_response");
  Fields placed(yes ? *yes : nothing, "success_response"), refused(no ? *no : nothing, "error_response");
  std::string reason = first_word(refused, {"new_order_failure_reason", "preview_failure_reason", "error"});
  if (reason.empty()) reason = first_word(f, {"failure_reason"});
  CreateReply reply;
  if (success) {
    if (!reason.empty()) return contradicts("a new order");
    CreateReply::Placed p;
    p.order_id = placed.text("order_id");
    p.product_id = placed.text_or_empty("product_id");
    p.client_order_id = placed.text_or_empty("client_order_id");
    p.side = side_of(placed.text_or_empty("side"));
    p.attached_order_id = placed.text_or_empty("attached_order_id");
    p.terms = read_terms(f, "order_configuration");
    reply.placed = std::move(p);
  } else {
    if (f.ok() && (!placed.text_or_empty("order_id").empty() || (no == nullptr && reason.empty()))) return contradicts("a new order");
    reply.refusal.reason = reason.empty() ? "UNKNOWN_FAILURE_REASON" : std::move(reason);
    reply.refusal.message = one_line(refused.text_or_empty("message"));
    if (reply.refusal.message.empty()) reply.refusal.message = one_line(refused.text_or_empty("error_details"));
  }
  for (const Fields* each : {&f, &placed, &refused})
    if (each->fault()) return *each->fault();
  return reply;
}

Result<std::vector<CancelResult>> parse_cancel(std::string_view body) {
  const auto answer = read_answer(body, "a cancel");
  if (!answer) return answer.error();
  Fields f(*answer, "");
  std::vector<CancelResult> out;
  const auto& list = f.list("results");
  for (std::size_t i = 0; i < list.size(); ++i) {
    Fields in(list[i], place("results", i));
    CancelResult r;
    r.order_id = in.text("order_id");
    const bool success = in.flag("success");  // a success has a failure_reason, too: only this one counts
    r.state = success ? CancelResult::State::accepted : CancelResult::State::refused;
    if (!success) r.reason = one_line(in.text_or_empty("failure_reason"));
    if (!success && r.reason.empty()) r.reason = "UNKNOWN_CANCEL_FAILURE_REASON";
    if (in.fault()) return *in.fault();
    out.push_back(std::move(r));
  }
  if (f.fault()) return *f.fault();
  return out;
}

Result<std::vector<CancelResult>> parse_cancel(std::string_view body, std::span<const std::string> asked) {
  const auto told = parse_cancel(body);
  if (!told) return told.error();
  std::vector<CancelResult> out;
  for (const auto& id : asked) {
    CancelResult r;
    r.order_id = id;
    bool found = false;
    for (const auto& t : *told) {
      if (t.order_id != id) continue;
      if (found && t.state != r.state) {
        r.state = CancelResult::State::untold;
        r.reason.clear();
        break;
      }
      found = true;
      r.state = t.state;
      r.reason = t.reason;
    }
    out.push_back(std::move(r));
  }
  return out;
}

Result<EditReply> parse_edit(std::string_view body) {
  const auto answer = read_answer(body, "an edit");
  if (!answer) return answer.error();
  Fields f(*answer, "");
  EditReply reply;
  reply.accepted = f.flag("success");
  std::string reason = edit_error(f);
  const Json* no = f.find("error_response");
  Fields refused(no ? *no : nothing, "error_response");
  if (reason.empty()) reason = first_word(refused, {"edit_order_failure_reason", "preview_failure_reason"});
  if (f.fault()) return *f.fault();
  if (refused.fault()) return *refused.fault();
  if (reply.accepted && !reason.empty()) return contradicts("an edit");
  if (!reply.accepted) {
    if (reason.empty() && no == nullptr && f.find("errors") == nullptr) return contradicts("an edit");
    reply.refusal.reason = reason.empty() ? "UNKNOWN_EDIT_ORDER_FAILURE_REASON" : std::move(reason);
    reply.refusal.message = one_line(refused.text_or_empty("error_details"));
  }
  return reply;
}

Result<PreviewReply> parse_preview(std::string_view body) {
  const auto answer = read_answer(body, "a preview");
  if (!answer) return answer.error();
  Fields f(*answer, "");
  PreviewReply r = read_preview(f);
  for (auto& word : f.texts_or_empty("errs"))
    if (!says_nothing(word)) r.errors.push_back(one_line(word));
  need_totals(f, r);
  if (f.fault()) return *f.fault();
  return r;
}

Result<PreviewReply> parse_edit_preview(std::string_view body) {
  const auto answer = read_answer(body, "a preview");
  if (!answer) return answer.error();
  Fields f(*answer, "");
  PreviewReply r = read_preview(f);
  edit_error(f, &r.errors);
  need_totals(f, r);
  if (f.fault()) return *f.fault();
  return r;
}

}  // namespace bowline::coinbase
