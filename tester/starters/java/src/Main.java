import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

public class Main {
    public static void main(String[] args) throws IOException {
        // The tester shows what your program prints.
        System.out.println("The server starts.");

        // ---- Stage 1: uncomment the lines from here to the end mark ----
        // InetAddress thisMachine = InetAddress.getByName("127.0.0.1");
        // try (ServerSocket listener = new ServerSocket(4221, 50, thisMachine);
        //         Socket connection = listener.accept()) {
        //     System.out.println(connection.getRemoteSocketAddress() + " has connected.");
        // }
        // ---- End of stage 1 ----
    }
}
