# The HTTP and WebSocket face of the services, the processes' links, and the run that puts them together: part of
# bowline_services, and all of it that links edge. What is left uses no more of edge than the interface WsSession.
find_package(nlohmann_json 3.9 REQUIRED)
set(routes_sources
    portfolio_rebalancer/routes.cpp
    runtime/access_table.cpp
    runtime/http_face.cpp
    runtime/plugin_network.cpp
    runtime/remote/wire_read.cpp
    runtime/remote/stream_client.cpp
    runtime/remote/follower.cpp
    runtime/remote/targets_sender.cpp
    runtime/remote/execution_node.cpp
    runtime/remote/decider_nodes.cpp
    runtime/remote/follower_loop.cpp
    runtime/repeater.cpp
    runtime/rerun.cpp
    runtime/route_help.cpp
    runtime/run.cpp
    runtime/run_health.cpp
    runtime/run_latch.cpp
    runtime/run_metrics.cpp
    runtime/run_market.cpp
    runtime/run_network.cpp
    runtime/run_parts.cpp
    runtime/run_resume.cpp
    runtime/run_shutdown.cpp
    runtime/run_state.cpp
    runtime/run_summary.cpp
    runtime/run_watch.cpp
    runtime/run_assemble.cpp
    runtime/stream_routes.cpp
    signal_bridge/routes.cpp
    signal_generator/routes.cpp
    trade_execution/amend_routes.cpp
    trade_execution/emergency_routes.cpp
    trade_execution/operator_routes.cpp
    trade_execution/order_list.cpp
    trade_execution/ramp_routes.cpp
    trade_execution/reconciliation_routes.cpp
    trade_execution/risk_routes.cpp
    trade_execution/routes.cpp
    trade_execution/inventory_routes.cpp
    trade_execution/trade_request.cpp)
list(TRANSFORM routes_sources PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
target_sources(bowline_services PRIVATE ${routes_sources})
target_link_libraries(bowline_services PUBLIC bowline_edge PRIVATE nlohmann_json::nlohmann_json)
