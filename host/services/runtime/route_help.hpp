// What the routes of all services have in common: work on the core thread, history from the store, strict
// reading.
#pragma once

#include <bowline/result.hpp>
#include <functional>
#include <initializer_list>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "edge/router.hpp"
#include "services/runtime/backend.hpp"

namespace bowline::services {

/// A Responder that work in a std::function can carry.
using Answer = std::shared_ptr<edge::Responder>;

/// Runs `work` on the core thread; answers 503 SERVICE_STOPPING when there is none any more.
void on_core(const Backend& backend, edge::Responder answer, std::function<void(const Answer&)> work);
void on_core(const Backend& backend, const Answer& answer, std::function<void(const Answer&)> work);
/// Whether nothing that makes orders is taken any more because a stop has begun; it is answered then. [core thread]
bool refused_while_stopping(const Backend& backend, edge::Responder& answer);
/// Runs work that may block off the I/O thread; answers 503 SERVICE_STOPPING when none is taken any more.
void off_thread(const Backend& backend, const Answer& answer, std::function<void(const Answer&)> work);
/// Runs the query off the I/O thread and answers with its JSON, or its error with a fitting status.
/// `present`: the store function it needs is there; else 503 STORE_ABSENT.
void from_store(const Backend& backend, edge::Responder answer, bool present,
                std::function<Backend::Json()> query);
/// A list of the store, answered as {"<name>":[...],"more","next_before"}. A store function that is empty: 503 STORE_ABSENT.
void page_from_store(const Backend& backend, edge::Responder answer, const char* name,
                     const std::function<Result<store::Page>(const store::PageAsk&)>& list, store::PageAsk ask);
/// What the pages of a list may be narrowed by, beside the time.
enum class Narrowed : std::uint8_t { by_nothing, by_symbol };
/// The route of a list: reads the question and answers with page_from_store.
edge::Handler page_route(const Backend& backend, const char* name,
                         const std::function<Result<store::Page>(const store::PageAsk&)>& list, Narrowed narrowed);
/// The route of one thing's explanation by its {id}. A store function that is empty: 503 STORE_ABSENT.
edge::Handler explanation(const Backend& backend, const std::function<Backend::Json(const std::string& id)>& of);
/// A page that is here, in the shape that page_from_store answers with.
std::string page_json(std::string_view name, const store::Page& page);
/// What a question that needs the store is answered with where there is none; status 503.
Error store_absent();
/// 404 for what the store does not have, 400 for what was asked wrongly, else 500.
int store_status(const Error& error) noexcept;

/// ns since 1970, or "2022-01-01T00:05:00[.123]Z".
Result<core::Nanos> parse_time(std::string_view text, std::string_view name);
/// ?since= ; 0 when absent. Error PARAM_INVALID.
Result<core::Nanos> query_since(const edge::Request& request);
/// ?limit= in 1..1000; 100 when absent. Error PARAM_INVALID.
Result<std::size_t> query_limit(const edge::Request& request);
/// ?since=, ?before= and ?limit= of a list; PageAsk::only is the caller's. Error PARAM_INVALID.
Result<store::PageAsk> query_page(const edge::Request& request);
/// ?symbol= ; empty when absent. Error INSTRUMENT_UNKNOWN (answer with 404).
Result<std::string> query_symbol(const edge::Request& request, const core::InstrumentTable& table);
/// Parameters a route does not know are refused, so that a misspelt one is not taken for "no filter".
Result<void> only_params(const edge::Request& request, std::initializer_list<std::string_view> allowed);
/// 404 for what was not found, 400 for what was asked wrongly.
int request_status(const Error& error) noexcept;

/// Refuses keys that are not in `allowed`, naming the nearest. Error JSON_KEY_UNKNOWN.
Result<void> only_keys(const nlohmann::json& object, std::initializer_list<std::string_view> allowed);
/// A text member. Absent: empty, or JSON_KEY_MISSING when `required`. Errors name the key, never the value.
Result<std::string> text_of(const nlohmann::json& object, std::string_view key, bool required,
                            std::size_t max = 500);
/// A decimal written as text. Absent or null: not set. A JSON number is refused: it would pass through
/// binary.
Result<Decimal> decimal_of(const nlohmann::json& object, std::string_view key);

// ---- pieces of the API document
edge::ParamDoc since_doc();
edge::ParamDoc limit_doc();
edge::ParamDoc before_doc();
edge::ParamDoc symbol_doc();
edge::ParamDoc id_doc(std::string what, std::string example);
/// {"type":"object","required":[key],"properties":{key:{"type":"array","items":item}}}
std::string list_schema(std::string_view key, std::string_view item);
/// The same of a page: with "more" and "next_before".
std::string page_schema(std::string_view key, std::string_view item);
/// How a page is asked for and what it holds: the same words for every list.
extern const char* const page_text;
extern const char* const prediction_schema;
extern const char* const explain_schema;
extern const char* const target_schema;
extern const char* const order_schema;
extern const char* const checks_schema;

}  // namespace bowline::services
