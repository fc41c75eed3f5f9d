#include "coinbase/product_answers.hpp"

#include "coinbase/fields.hpp"

namespace bowline::coinbase {
namespace {

Product read_product(Fields& f) {
  Product p;
  p.product_id = f.text("product_id");
  p.base = f.text("base_currency_id");
  p.quote = f.text("quote_currency_id");
  p.type = f.text_or_empty("product_type");
  p.status = f.text_or_empty("status");
  p.alias = f.text_or_empty("alias");
  p.alias_to = f.texts_or_empty("alias_to");
  p.base_increment = f.amount("base_increment", Sign::positive);
  p.quote_increment = f.amount("quote_increment", Sign::positive);
  p.price_increment = f.amount_if("price_increment", Sign::positive).value_or(p.quote_increment);
  p.base_min = f.amount("base_min_size");
  p.base_max = f.amount("base_max_size");
  p.quote_min = f.amount("quote_min_size");
  p.quote_max = f.amount("quote_max_size");
  p.price = f.computed_if("price");
  p.disabled = f.flag_or("is_disabled", false);
  p.trading_disabled = f.flag_or("trading_disabled", false);
  p.cancel_only = f.flag_or("cancel_only", false);
  p.limit_only = f.flag_or("limit_only", false);
  p.post_only = f.flag_or("post_only", false);
  p.auction = f.flag_or("auction_mode", false);
  if (f.find("view_only") != nullptr) p.view_only = f.flag("view_only");
  return p;
}

}  // namespace

Result<ProductList> parse_products(std::string_view body) {
  const auto answer = read_answer(body, "a list of products");
  if (!answer) return answer.error();
  Fields f(*answer, "");
  ProductList out;
  const auto& list = f.list("products");
  if (f.fault()) return *f.fault();
  for (std::size_t i = 0; i < list.size(); ++i) {
    Fields in(list[i], place("products", i));
    Product p = read_product(in);
    if (in.fault())
      out.faults.push_back({p.product_id, *in.fault()});
    else
      out.products.push_back(std::move(p));
  }
  return out;
}

Result<Product> parse_product(std::string_view body) {
  const auto answer = read_answer(body, "a product");
  if (!answer) return answer.error();
  Fields f(*answer, "");
  Product p = read_product(f);
  if (f.fault()) return *f.fault();
  return p;
}

}  // namespace bowline::coinbase
