import jakarta.annotation.Resource;
import jakarta.xml.soap.SOAPFactory;
import jakarta.xml.soap.SOAPConstants;
import jakarta.xml.soap.SOAPFault;
import jakarta.xml.ws.BindingProvider;
import jakarta.xml.ws.Dispatch;
import jakarta.xml.ws.Provider;
import jakarta.xml.ws.Service;
import jakarta.xml.ws.ServiceMode;
import jakarta.xml.ws.WebServiceContext;
import jakarta.xml.ws.WebServiceProvider;
import jakarta.xml.ws.handler.MessageContext;
import jakarta.xml.ws.soap.AddressingFeature;
import jakarta.xml.ws.soap.SOAPFaultException;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.logging.LogManager;
import javax.xml.namespace.QName;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.Source;
import javax.xml.transform.Transformer;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.stream.StreamResult;
import javax.xml.transform.stream.StreamSource;
import org.apache.cxf.BusFactory;
import org.apache.cxf.binding.soap.SoapHeader;
import org.apache.cxf.headers.Header;
import org.apache.cxf.jaxws.EndpointImpl;
import org.apache.cxf.ws.addressing.WSAddressingFeature;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/**
 * Apache CXF as client and as server, with WS-Addressing required, led by lines on stdin.
 *
 * <p>A line is words in Base64 with blanks between them, and so is its answer on stdout, whose first word is not
 * encoded. The process ends with its stdin, so that it cannot outlive the tests.
 */
public final class Peer {
    private static final Map<String, Dispatch<Source>> CLIENTS = new HashMap<>();
    private static volatile String[] next = {};
    private static volatile String[] seen = {"error", "nothing was seen"};

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.US_ASCII);
        System.setOut(System.err);
        LogManager.getLogManager().reset();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(answerTo(line));
        }
        System.exit(0);
    }

    private static String answerTo(String line) {
        String[] words = line.split(" ");
        for (int i = 1; i < words.length; i++) {
            words[i] = new String(Base64.getDecoder().decode(words[i]), StandardCharsets.UTF_8);
        }
        String[] answer;
        try {
            answer = obey(words);
        } catch (SOAPFaultException error) {
            answer = describe(error.getFault());
        } catch (Exception error) {
            StringBuilder text = new StringBuilder();
            for (Throwable cause = error; cause != null; cause = cause.getCause()) {
                text.append(cause).append("; ");
            }
            answer = new String[] {"error", text.toString()};
        }
        StringBuilder written = new StringBuilder(answer[0]);
        for (int i = 1; i < answer.length; i++) {
            byte[] bytes = answer[i].getBytes(StandardCharsets.UTF_8);
            written.append(' ').append(Base64.getEncoder().encodeToString(bytes));
        }
        return written.toString();
    }

    private static String[] obey(String[] words) throws Exception {
        switch (words[0]) {
            case "listen":
                return new String[] {"ok", listen(words[1], words[2], words[3], words[4])};
            case "call":
                return call(words);
            case "reply":
                next = words;
                return new String[] {"ok"};
            case "seen":
                return seen;
            default:
                throw new IllegalArgumentException(words[0]);
        }
    }

    private static String[] call(String[] words) throws Exception {
        String namespace = words[2];
        Dispatch<Source> dispatch = CLIENTS.get(words[1]);
        if (dispatch == null) {
            Service service = Service.create(URI.create(words[1]).toURL(), new QName(namespace, words[3]));
            QName port = new QName(namespace, words[4]);
            dispatch = service.createDispatch(port, Source.class, Service.Mode.PAYLOAD, new AddressingFeature(true, true));
            CLIENTS.put(words[1], dispatch);
        }
        Map<String, Object> context = dispatch.getRequestContext();
        context.put(MessageContext.WSDL_OPERATION, new QName(namespace, words[5]));
        context.put(BindingProvider.SOAPACTION_USE_PROPERTY, true);
        context.put(BindingProvider.SOAPACTION_URI_PROPERTY, "/" + words[5]);
        // As it is set up by default, CXF reads no fault from a reply with status 400.
        context.put("org.apache.cxf.transport.process_fault_on_http_400", "true");
        context.put(BindingProvider.ENDPOINT_ADDRESS_PROPERTY, words[8]);
        context.put(Header.HEADER_LIST, new ArrayList<>(List.of(identity(namespace, words[6]))));
        return new String[] {"reply", text(dispatch.invoke(new StreamSource(new StringReader(words[7]))))};
    }

    private static SoapHeader identity(String namespace, String identity) throws Exception {
        Document document = DocumentBuilderFactory.newInstance().newDocumentBuilder().newDocument();
        Element element = document.createElementNS(namespace, "chargeBoxIdentity");
        element.setTextContent(identity);
        return new SoapHeader(new QName(namespace, "chargeBoxIdentity"), element);
    }

    private static String[] describe(SOAPFault fault) {
        List<String> words = new ArrayList<>(List.of("fault", fault.getFaultCodeAsQName().getLocalPart()));
        words.add(fault.getFaultString());
        for (Iterator<QName> subcodes = fault.getFaultSubcodes(); subcodes.hasNext(); ) {
            words.add(subcodes.next().toString());
        }
        return words.toArray(new String[0]);
    }

    private static String listen(String wsdl, String namespace, String service, String port) throws Exception {
        int free;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            free = socket.getLocalPort();
        }
        EndpointImpl endpoint = new EndpointImpl(BusFactory.getDefaultBus(), new Answering());
        endpoint.setWsdlLocation(wsdl);
        endpoint.setServiceName(new QName(namespace, service));
        endpoint.setEndpointName(new QName(namespace, port));
        WSAddressingFeature addressing = new WSAddressingFeature();
        addressing.setAddressingRequired(true);
        endpoint.getFeatures().add(addressing);
        String url = "http://127.0.0.1:" + free + "/interop";
        endpoint.publish(url);
        return url;
    }

    private static String text(Source source) throws Exception {
        Transformer transformer = TransformerFactory.newInstance().newTransformer();
        transformer.setOutputProperty(OutputKeys.OMIT_XML_DECLARATION, "yes");
        StringWriter writer = new StringWriter();
        transformer.transform(source, new StreamResult(writer));
        return writer.toString();
    }

    /** Answers every operation with what was set last. */
    @WebServiceProvider
    @ServiceMode(Service.Mode.PAYLOAD)
    public static final class Answering implements Provider<Source> {
        @Resource private WebServiceContext context;

        @Override
        public Source invoke(Source request) {
            try {
                QName operation = (QName) context.getMessageContext().get(MessageContext.WSDL_OPERATION);
                String identity = "";
                for (Object header : (List<?>) context.getMessageContext().get(Header.HEADER_LIST)) {
                    if (((Header) header).getName().getLocalPart().equals("chargeBoxIdentity")) {
                        identity = ((Element) ((Header) header).getObject()).getTextContent();
                    }
                }
                seen = new String[] {"ok", operation.getLocalPart(), identity, text(request)};
                if (next.length == 2) {
                    return new StreamSource(new StringReader(next[1]));
                }
                SOAPFactory factory = SOAPFactory.newInstance(SOAPConstants.SOAP_1_2_PROTOCOL);
                SOAPFault fault = factory.createFault();
                fault.setFaultCode(new QName(SOAPConstants.URI_NS_SOAP_1_2_ENVELOPE, next[1]));
                fault.appendFaultSubcode(new QName("urn:example", next[2]));
                fault.addFaultReasonText(next[3], Locale.ENGLISH);
                throw new SOAPFaultException(fault);
            } catch (RuntimeException error) {
                throw error;
            } catch (Exception error) {
                throw new IllegalStateException(error);
            }
        }
    }
}
