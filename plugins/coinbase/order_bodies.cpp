#include "coinbase/order_bodies.hpp"

#include <algorithm>

namespace bowline::coinbase {
namespace {

Request post(std::string_view path, std::string body) {
  Request r;
  r.method = Method::post;
  r.path.append(api_root).append(path);
  r.body = std::move(body);
  return r;
}

/// A name from outside, as JSON. It has passed is_name.
void append_text(std::string& out, std::string_view s) {
  out.push_back('"');
  for (const char c : s) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
}
bool is_name(std::string_view s) noexcept {
  return !s.empty() && s.size() <= longest_client_order_id && std::all_of(s.begin(), s.end(), [](char c) { return c >= ' ' && c <= '~'; });
}
Error wrong(const char* field, const char* what) {
  return {"COINBASE_TERMS", std::string("an order's ") + field + " " + what, {{"field", field}}};
}

Result<std::string> order_body(const NewOrder& o, bool with_id) {
  if (with_id && !is_name(o.client_order_id)) return wrong("client_order_id", "has to be 1 to 128 characters of ASCII");
  if (!is_name(o.product_id)) return wrong("product_id", "has to be 1 to 128 characters of ASCII");
  if (o.side == Side::unknown) return wrong("side", "has to be BUY or SELL");
  if (const auto checked = check_terms(o.terms); !checked) return checked.error();
  std::string out = "{";
  if (with_id) {
    out.append(R"("client_order_id":)");
    append_text(out, o.client_order_id);
    out.push_back(',');
  }
  out.append(R"("product_id":)");
  append_text(out, o.product_id);
  out.append(R"(,"side":")").append(word_of(o.side)).append(R"(","order_configuration":)").append(configuration_json(o.terms));
  if (o.attached) {
    if (!o.attached->limit_price.is_positive()) return wrong("attached.limit_price", "has to be above zero");
    if (!o.attached->stop_trigger_price.is_positive()) return wrong("attached.stop_trigger_price", "has to be above zero");
    out.append(R"(,"attached_order_configuration":{"trigger_bracket_gtc":{"limit_price":")");
    o.attached->limit_price.append_to(out);
    out.append(R"(","stop_trigger_price":")");
    o.attached->stop_trigger_price.append_to(out);
    out.append(R"("}})");
  }
  const struct {
    const char* name;
    const std::string& value;
  } optional[] = {{"self_trade_prevention_id", o.self_trade_prevention_id},
                  {"margin_type", o.margin_type},
                  {"leverage", o.leverage},
                  {"retail_portfolio_id", o.retail_portfolio_id},
                  {"preview_id", o.preview_id}};
  for (const auto& field : optional) {
    if (field.value.empty()) continue;
    if (!is_name(field.value)) return wrong(field.name, "has to be at most 128 characters of ASCII");
    out.append(",\"").append(field.name).append("\":");
    append_text(out, field.value);
  }
  return out.append("}");
}

Result<std::string> edit_body(const Edit& e) {
  if (e.order_id.empty()) return Error{"COINBASE_ID", "an edit needs an order's id, and it is empty"};
  if (!is_name(e.order_id)) return wrong("order_id", "has to be at most 128 characters of ASCII");
  if (!e.price.is_positive()) return wrong("price", "has to be above zero");
  if (!e.size.is_positive()) return wrong("size", "has to be above zero");
  std::string out = R"({"order_id":)";
  append_text(out, e.order_id);
  out.append(R"(,"price":")");
  e.price.append_to(out);
  out.append(R"(","size":")");
  e.size.append_to(out);
  return out.append("\"}");
}

Result<Request> sent(std::string_view path, Result<std::string> body) {
  if (!body) return body.error();
  return post(path, std::move(*body));
}

}  // namespace

Result<Request> create_order(const NewOrder& o) { return sent("/orders", order_body(o, true)); }
Result<Request> preview_order(const NewOrder& o) { return sent("/orders/preview", order_body(o, false)); }
Result<Request> edit_order(const Edit& e) { return sent("/orders/edit", edit_body(e)); }
Result<Request> preview_edit(const Edit& e) { return sent("/orders/edit_preview", edit_body(e)); }

Result<std::vector<Request>> batch_cancel(std::span<const std::string> order_ids) {
  if (order_ids.empty()) return Error{"COINBASE_ID", "a cancel needs an order's id, and there is none"};
  std::vector<Request> out;
  for (std::size_t from = 0; from < order_ids.size(); from += most_cancels) {
    std::string body = R"({"order_ids":[)";
    for (const auto& id : order_ids.subspan(from, std::min(most_cancels, order_ids.size() - from))) {
      if (!is_name(id)) return Error{"COINBASE_ID", "a cancel needs each order's id, and one is empty or no id"};
      if (body.back() != '[') body.push_back(',');
      append_text(body, id);
    }
    out.push_back(post("/orders/batch_cancel", body.append("]}")));
  }
  return out;
}

}  // namespace bowline::coinbase
