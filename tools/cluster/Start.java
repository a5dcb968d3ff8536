import static org.codelibs.opensearch.runner.OpenSearchRunner.newConfigs;

import java.util.StringJoiner;
import org.codelibs.opensearch.runner.OpenSearchRunner;

/**
 * Starts nodes of one OpenSearch cluster on loopback: {@code Start NODES PORT FOLDER [NAME=VALUE…]}
 * all of them in this JVM, {@code Start NODES/K PORT FOLDER …} the K-th alone, for clusters of one
 * JVM a node. Node N serves on PORT + N and talks to the others on PORT + 100 + N. It says READY
 * when its nodes are up, and ends when its input does.
 */
public final class Start {
    private Start() {}

    public static void main(String[] given) throws Exception {
        String[] which = given[0].split("/");
        int nodes = Integer.parseInt(which[0]);
        int only = which.length > 1 ? Integer.parseInt(which[1]) : 0;
        int port = Integer.parseInt(given[1]);
        OpenSearchRunner runner = new OpenSearchRunner();
        runner.setMaxHttpPort(-1); // else a port above 9299 is refused
        runner.onBuild(
                (number, settings) -> {
                    int node = only > 0 ? only : number;
                    settings.put("node.name", "n" + node);
                    settings.put("network.host", "127.0.0.1");
                    settings.put("http.port", port + node);
                    settings.put("transport.port", port + 100 + node);
                    settings.put("discovery.seed_hosts", each(nodes, "127.0.0.1:", port + 100));
                    settings.put("cluster.initial_cluster_manager_nodes", each(nodes, "n", 0));
                    settings.put("action.auto_create_index", "false");
                    settings.put("node.processors", "2");
                    // A disk that is nearly full would make every index read-only.
                    settings.put("cluster.routing.allocation.disk.threshold_enabled", "false");
                    for (int at = 3; at < given.length; at++) {
                        String[] pair = given[at].split("=", 2);
                        settings.put(pair[0], pair[1]);
                    }
                });
        runner.build(
                newConfigs()
                        .clusterName("searcher")
                        .numOfNode(only > 0 ? 1 : nodes)
                        .baseHttpPort(port)
                        .basePath(given[2])
                        .indexStoreType("niofs")
                        .disableESLogger());
        System.out.println("READY");
        while (System.in.read() >= 0) {}
        runner.close();
        System.exit(0);
    }

    private static String each(int nodes, String before, int base) {
        StringJoiner found = new StringJoiner(",");
        for (int node = 1; node <= nodes; node++) {
            found.add(before + (base + node));
        }
        return found.toString();
    }
}
